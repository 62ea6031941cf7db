import { describe, expect, it } from "vitest";
import { compile } from "./compile";
import { workflowsRun } from "./runStep";

const compiled = (chain: string) =>
  compile(
    `import { workflow } from "lockstep";\nexport default workflow()${chain}`,
  );

async function nodeOf(chain: string) {
  const result = await compiled(chain);
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  return result.graph.steps[0];
}

async function messagesOf(chain: string): Promise<string[]> {
  const { diagnostics } = await compiled(chain);
  return diagnostics.map(({ message }) => message);
}

describe("run", () => {
  it("waits, and gives no input, unless it is told otherwise", async () => {
    expect(
      await nodeOf(`.run("inner", { workflow: "send-invoice" })`),
    ).toMatchObject({
      kind: "run",
      workflow: "send-invoice",
      wait: true,
      hasInput: false,
      input: {},
    });
  });

  it("takes a function or data as input, and a policy for retries", async () => {
    const computed = `.run("inner", { workflow: "a", input: ({ input }) => input, wait: false, retry: { maxAttempts: 2 } })`;
    expect(await nodeOf(computed)).toMatchObject({
      wait: false,
      hasInput: true,
      readsInput: true,
      retry: { maxAttempts: 2 },
    });
    const fixed = `.run("inner", { workflow: "a", input: { n: 1 } })`;
    expect(await nodeOf(fixed)).toMatchObject({
      hasInput: false,
      input: { n: 1 },
    });
    expect(await nodeOf(fixed)).toMatchObject({ retry: { maxAttempts: 1 } });
  });

  it("says what is wrong with it, and where", async () => {
    expect(
      await messagesOf(`.run("inner", { workflow: "Send Invoice" })`),
    ).toEqual([
      expect.stringMatching(/workflow must be the name of a workflow/),
    ]);
    expect(await messagesOf(`.run("inner", {})`)).toHaveLength(1);
    expect(
      await messagesOf(`.run("inner", { workflow: "a", wait: 1 })`),
    ).toEqual(["wait must be true or false."]);
    expect(
      await messagesOf(`.run("inner", { workflow: "a", url: 1 })`),
    ).toEqual([expect.stringMatching(/There is no option "url" here/)]);
    const { diagnostics } = await compiled(`.run("inner", {})`);
    expect(diagnostics[0]).toMatchObject({ line: 2 });
  });

  it("names the workflows that a workflow runs, wherever in it", async () => {
    const result = await compiled(
      `.run("one", { workflow: "a" }).loop("all", { times: 2, do: (flow) => flow.run("two", { workflow: "b" }).run("three", { workflow: "a" }) })`,
    );
    if (!result.ok) throw new Error("refused");
    expect([...workflowsRun(result.graph).keys()]).toEqual(["a", "b"]);
  });
});
