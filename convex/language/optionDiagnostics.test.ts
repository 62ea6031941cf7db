/** Options that do nothing for a kind of step are refused where they are written. */
import { describe, expect, it } from "vitest";
import { compile } from "./compile";

const diagnosticsOf = async (chain: string) => {
  const { diagnostics } = await compile(
    `import { workflow, z } from "lockstep";\nexport default workflow()\n${chain};`,
  );
  return diagnostics.map(({ line, column, message }) => [
    line,
    column,
    message,
  ]);
};

const block = `(flow) => flow.code("y", () => 1)`;
const RETRY = /no option "retry" here: only http, action and run steps/;
const TIMEOUT = /no option "timeout" here: only steps that wait/;
const OTHER = (name: string) =>
  new RegExp(`no option "${name}" here; there are`);

describe("an option that a kind of step does not take", () => {
  it.each([
    ["code", `.code("x", () => 1, {\n timeout: "1s" })`, TIMEOUT],
    ["code", `.code("x", () => 1, {\n retry: { maxAttempts: 2 } })`, RETRY],
    ["delay", `.delay("x", "1s", {\n timeout: "1s" })`, TIMEOUT],
    ["delay until", `.delay("x", { until: () => 1,\n retry: {} })`, RETRY],
    ["fail", `.fail("x", "no", {\n timeout: "1s" })`, TIMEOUT],
    [
      "stop",
      `.stop("x", { timeout: "a value" }, {\n timeout: "1s" })`,
      TIMEOUT,
    ],
    [
      "condition",
      `.condition("x", { if: () => 1, then: ${block},\n retry: {} })`,
      RETRY,
    ],
    [
      "switch",
      `.switch("x", { on: () => 1, cases: { a: ${block} },\n retry: {} })`,
      RETRY,
    ],
    ["parallel", `.parallel("x", { retry: ${block} }, {\n retry: {} })`, RETRY],
    ["loop", `.loop("x", { times: 1, do: ${block},\n retry: {} })`, RETRY],
    ["approval", `.approval("x", { title: "?",\n retry: {} })`, RETRY],
    ["waitForEvent", `.waitForEvent("x", { event: "x",\n retry: {} })`, RETRY],
    [
      "http, a block",
      `.http("x", { request: () => ({ url: "" }),\n then: ${block} })`,
      OTHER("then"),
    ],
    [
      "loop, a block",
      `.loop("x", { times: 1, do: ${block},\n onTimeout: ${block} })`,
      OTHER("onTimeout"),
    ],
    [
      "code, onFailure",
      `.code("x", () => 1, {\n onFailure: ${block} })`,
      OTHER("onFailure"),
    ],
  ])("is refused where it stands: %s", async (_, chain, message) => {
    expect(await diagnosticsOf(chain)).toEqual([
      [4, 2, expect.stringMatching(message)],
    ]);
  });

  it("is refused in the workflow's own options", async () => {
    const { diagnostics } = await compile(
      `import { workflow } from "lockstep";\nexport default workflow({\n  onError: "fail" }).code("x", () => 1);`,
    );
    expect(diagnostics).toMatchObject([{ line: 3, column: 3 }]);
  });

  it("is fine where it does something", async () => {
    const chain = `.http("a", { request: () => ({ url: "" }), retry: {}, timeout: "1s", onError: "continue" })
      .action("b", async () => 1, { retry: {}, timeout: "1s" })
      .run("c", { workflow: "w", retry: {}, timeout: "1s" })
      .condition("d", { if: () => 1, then: ${block}, timeout: "1s", onError: "continue" })
      .parallel("e", { a: ${block} }, { timeout: "1s" })
      .fail("f", "no", { onError: "continue" })`;
    expect(await diagnosticsOf(chain)).toEqual([]);
  });
});
