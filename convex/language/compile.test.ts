import { describe, expect, it } from "vitest";
import { compile } from "./compile";
import { walk } from "./graph";
import {
  flow,
  graphOf,
  HEAD,
} from "../../tests/support/language/compiled-source";
import { EXAMPLE } from "../../tests/support/language/example";

describe("compile", () => {
  it("records the example as a graph", async () => {
    const graph = await graphOf(EXAMPLE);
    expect(
      [...walk(graph.steps)].map((node) => [node.path, node.kind]),
    ).toEqual([
      ["order", "http"],
      ["large", "condition"],
      ["large/manager", "delay"],
      ["large/auto", "code"],
      ["notify", "loop"],
      ["notify/mail", "http"],
      ["cool off", "delay"],
    ]);
    expect(graph).toMatchObject({
      hasOutput: true,
      outputReads: ["notify"],
      steps: [
        {
          range: { line: 6, column: 4, endLine: 11, endColumn: 5 },
          timeoutMs: 10_000,
          retry: { maxAttempts: 5 },
          reads: [],
          readsInput: true,
        },
        {
          reads: ["order"],
          readsInput: false,
          then: [{ durationMs: 259_200_000 }],
        },
        {
          mode: "each",
          concurrency: 5,
          hasKey: true,
          reads: ["order"],
          body: [{ responseSchema: null }],
        },
        { durationMs: 3_600_000 },
      ],
    });
  });

  it("gives the same result for the same source", async () => {
    expect(await compile(EXAMPLE)).toEqual(await compile(EXAMPLE));
  });

  it("turns the input into JSON Schema and names the secrets", async () => {
    const result = await compile(`${HEAD}
      export default workflow({ input: z.object({ id: z.string().min(1), kind: z.enum(["a", "b"]).default("a") }), timeout: "1h", retry: { maxAttempts: 7 } })
        .http("h", { request: () => ({ url: "u", headers: { a: secret("B") } }) })
        .action("a", async ({ secrets }) => secrets.get("A"));`);
    expect(result).toMatchObject({
      ok: true,
      secrets: ["A", "B"],
      inputSchema: {
        type: "object",
        required: ["id"],
        properties: { kind: { enum: ["a", "b"], default: "a" } },
      },
      graph: {
        timeoutMs: 3_600_000,
        steps: [{ retry: { maxAttempts: 7 } }, {}],
      },
    });
  });

  it("keeps every token where the source has it", async () => {
    const source = `import { workflow, type Flow } from "lockstep";
const f = <T,>(x: T, y?: string): number => (x as unknown as number)! + 1; const g = 1;
const t = \`\${f<number>(1)}\${f(2 as number)} c\`; const after = 2;
export default workflow().code("a", () => t satisfies string, { onError: "fail" });`;
    const result = await compile(source);
    const program = result.ok ? result.program : "";
    const places = (text: string) =>
      ["f(2", "const g", "const after", ".code", "onError", "c`"].map(
        (token) =>
          text.indexOf(token) - text.lastIndexOf("\n", text.indexOf(token)),
      );
    expect(places(program)).toEqual(places(source));
    expect(program.split("\n")).toHaveLength(source.split("\n").length);
  });

  it("gives steps made by a helper their place", async () => {
    const graph = await graphOf(`${HEAD}
      const pair = (flow, name) => flow
        .code(name + "1", () => 1).code(name + "2", ({ steps }) => steps.x1);
      export default pair(workflow(), "x");`);
    expect(
      graph.steps.map((node) => [node.path, node.range?.line, node.reads]),
    ).toEqual([
      ["x1", 4, []],
      ["x2", 4, ["x1"]],
    ]);
  });

  it("records cases and branches, each with its place and paths of its own", async () => {
    const graph = await graphOf(
      flow(`
.code("a", () => 1)
.switch("route", {
  on: ({ steps }) => steps.a,
  cases: {
    gold: (f) => f.code("x", () => 1),
    404: (f) => f.code("x", ({ input }) => input).code("y", ({ steps }) => [steps.x, steps.a]),
  },
  default: (f) => f.stop("enough"),
})
.parallel("both", {
  one: (f) => f.code("x", ({ steps }) => steps.route),
  two: (f) => f.http("x", { request: () => ({ url: "u" }) }),
}, { mode: "race", onError: "continue" })
.stop("end", ({ steps }) => steps.both)`),
    );
    expect(
      [...walk(graph.steps)].map(({ path, kind, reads, range }) => [
        path,
        kind,
        reads?.join() ?? null,
        range?.line,
      ]),
    ).toEqual([
      ["a", "code", "", 3],
      ["route", "switch", "a", 4],
      ["route/404", "branch", "", 8],
      ["route/404/x", "code", "", 8],
      ["route/404/y", "code", "a,route/404/x", 8],
      ["route/gold", "branch", "", 7],
      ["route/gold/x", "code", "", 7],
      ["route/default", "branch", "", 10],
      ["route/default/enough", "stop", "", 10],
      ["both", "parallel", "", 12],
      ["both/one", "branch", "", 13],
      ["both/one/x", "code", "route", 13],
      ["both/two", "branch", "", 14],
      ["both/two/x", "http", "", 14],
      ["end", "stop", "both", 16],
    ]);
    expect(graph.steps).toMatchObject([
      {},
      { onError: "fail" },
      { mode: "race", onError: "continue" },
      { hasOutput: true },
    ]);
  });
});
