import { describe, expect, it } from "vitest";
import { compile } from "./compile";
import type { Diagnostic } from "./diagnostics";
import { type Graph, walk } from "./graph";
import { EXAMPLE } from "../../tests/support/language/example";

async function graphOf(source: string): Promise<Graph> {
  const result = await compile(source);
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  return result.graph;
}

async function diagnosticsOf(source: string): Promise<Diagnostic[]> {
  const result = await compile(source);
  expect(result.ok).toBe(false);
  return result.diagnostics;
}

const HEAD = `import { workflow, z, secret } from "lockstep";\n`;
const flow = (steps: string) => `${HEAD}export default workflow()${steps};`;

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

  it.each([
    ["destructured names", "({ steps: { a, b: other } }) => a", ["a", "b"]],
    ["members", "({ steps }) => steps.a + steps['b']", ["a", "b"]],
    ["members of the context", "(ctx) => ctx.steps.a", ["a"]],
    [
      "names taken from it",
      "({ steps }) => { const { b } = steps; return b }",
      ["b"],
    ],
    ["nothing", "() => 1", []],
    ["names that are no steps", "({ steps }) => steps.nope", []],
    ["a computed name", "({ steps, input }) => steps[input.x]", null],
    ["the whole", "({ steps }) => Object.keys(steps)", null],
    ["the rest", "({ steps: { a, ...others } }) => others", null],
    ["the context passed on", "(ctx) => JSON.stringify(ctx)", null],
    ["a function from elsewhere", "elsewhere", null],
    ["one that a call gives", "given(({ steps }) => steps.a)", null],
    ["one of an object", "all.of", null],
    ["one of two", "true ? ({ steps }) => steps.a : elsewhere", null],
    ["what a default reads", "({ steps, input = steps.a }) => input", null],
  ])("knows that a function reads %s", async (_what, fn, reads) => {
    const graph =
      await graphOf(`${HEAD}const elsewhere = () => 1; const given = (fn) => fn; const all = { of: elsewhere };
      export default workflow().code("a", () => 1).code("b", () => 1).code("c", ${fn});`);
    expect(graph.steps[2]?.reads).toEqual(reads);
  });

  it.each([
    ["nothing", "() => 1", []],
    ["input and steps only", "({ input, steps: { a } }) => [input, a]", []],
    ["the item", "({ item }) => item", ["item"]],
    [
      "parts",
      "({ loops: { l: { item } }, index }) => index",
      ["index", "loops"],
    ],
    [
      "members",
      "(ctx) => ctx.index + ctx['item'] + ctx.steps.a",
      ["index", "item"],
    ],
    [
      "the item, as a function",
      "function ({ item }) { return item }",
      ["item"],
    ],
    ["a computed name", "(ctx) => ctx[ctx.input]", undefined],
    ["the context passed on", "(ctx) => JSON.stringify(ctx)", undefined],
    ["the rest", "({ item, ...others }) => others", undefined],
    ["its arguments", "function ({ item }) { return arguments[0] }", undefined],
    ["an alias", "(ctx) => { const c = ctx; return c.item }", undefined],
    ["a function from elsewhere", "elsewhere", undefined],
  ])(
    "knows which other parts of its context a function reads: %s",
    async (_what, fn, parts) => {
      const graph = await graphOf(`${HEAD}const elsewhere = () => 1;
      export default workflow().code("a", () => 1).loop("l", { times: 2, do: (flow) => flow.code("c", ${fn}) });`);
      const [, loop] = graph.steps;
      const inside = loop?.kind === "loop" ? loop.body[0] : undefined;
      expect(inside?.readsParts).toEqual(parts);
    },
  );

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

  it.each([
    [
      "a syntax error",
      `${HEAD}const x = = 1;`,
      { line: 2, column: 11 },
      /Unexpected/,
    ],
    [
      "another import",
      `import fs from "fs";\n${flow("")}`,
      { line: 1, column: 16 },
      /"fs"/,
    ],
    [
      "a dynamic import",
      flow(`.action("a", async () => import("fs"))`),
      { line: 2 },
      /import/,
    ],
    [
      "await outside of action code",
      `${HEAD}await 1;\nexport default workflow().code("a", () => 1);`,
      { line: 2, column: 1 },
      /await/,
    ],
    [
      "no default export",
      `${HEAD}workflow().code("a", () => 1);`,
      { line: 1 },
      /default export/,
    ],
    [
      "a default export that is no flow",
      `${HEAD}export default 1;`,
      { line: 1 },
      /not a flow/,
    ],
    [
      "an error in the definition",
      `${HEAD}null.x;\nexport default workflow();`,
      { line: 2 },
      /null/,
    ],
    [
      "an endless definition",
      `${HEAD}while (true) {}\nexport default workflow();`,
      {},
      /does not end/,
    ],
    ["a flow without steps", flow(""), { line: 2, column: 24 }, /no steps/],
    [
      "a second step of a name",
      flow(`\n.code("a", () => 1)\n.code("a", () => 2)`),
      { line: 4, column: 2, endLine: 4, endColumn: 20 },
      /already a step/,
    ],
    [
      "the same name in both branches",
      flow(
        `.condition("c", { if: () => 1, then: (f) => f.code("a", () => 1), else: (f) => f.code("a", () => 1) })`,
      ),
      { line: 2 },
      /Both branches/,
    ],
    [
      "a bad name",
      flow(`.code("a/b", () => 1)`),
      { line: 2, column: 27 },
      /not a step name/,
    ],
    [
      "a name that is no text",
      flow(`.code(1, () => 1)`),
      { line: 2 },
      /not a step name/,
    ],
    ["a bad duration", flow(`.delay("d", "soon")`), { line: 2 }, /duration/],
    [
      "a bad retry",
      flow(`.code("a", () => 1, { retry: { maxAttempts: 0 } })`),
      { line: 2 },
      /maxAttempts/,
    ],
    [
      "an unknown retry option",
      flow(`.code("a", () => 1, { retry: { tries: 3 } })`),
      { line: 2 },
      /tries/,
    ],
    [
      "an unknown option",
      flow(`.http("a", { request: () => ({}), respons: 1 })`),
      { line: 2 },
      /respons/,
    ],
    [
      "a missing function",
      flow(`.code("a")`),
      { line: 2 },
      /must be a function/,
    ],
    [
      "a block that returns nothing",
      flow(`.loop("l", { times: 2, do: (f) => { f.code("a", () => 1) } })`),
      { line: 2 },
      /returns the flow/,
    ],
    [
      "a block without steps",
      flow(`.loop("l", { times: 2, do: (f) => f })`),
      { line: 2 },
      /no steps/,
    ],
    [
      "a loop of no kind",
      flow(`.loop("l", { do: (f) => f.code("a", () => 1) })`),
      { line: 2 },
      /one of each/,
    ],
    [
      "a loop of two kinds",
      flow(
        `.loop("l", { times: 1, each: () => [], do: (f) => f.code("a", () => 1) })`,
      ),
      { line: 2 },
      /one of each/,
    ],
    [
      "a loop over more than 100,000 times",
      flow(`.loop("l", { times: 100001, do: (f) => f.code("a", () => 1) })`),
      { line: 2 },
      /times must be a whole number from 0 to 100000/,
    ],
    [
      "more iterations than there may be",
      flow(
        `.loop("l", { times: 1, maxIterations: 100001, do: (f) => f.code("a", () => 1) })`,
      ),
      { line: 2 },
      /maxIterations must be a whole number from 1 to 100000/,
    ],
    [
      "a loop with no room",
      flow(
        `.loop("l", { times: 1, concurrency: 0, do: (f) => f.code("a", () => 1) })`,
      ),
      { line: 2 },
      /concurrency must be a whole number from 1 to 1000/,
    ],
    [
      "a while loop with several at once",
      flow(
        `.loop("l", { while: () => 1, concurrency: 2, do: (f) => f.code("a", () => 1) })`,
      ),
      { line: 2 },
      /one by one/,
    ],
    [
      "a list that is no function",
      flow(`.loop("l", { each: [1, 2], do: (f) => f.code("a", () => 1) })`),
      { line: 2 },
      /each must be a function/,
    ],
    [
      "a key that is no function",
      flow(
        `.loop("l", { times: 2, key: "id", do: (f) => f.code("a", () => 1) })`,
      ),
      { line: 2 },
      /key must be a function/,
    ],
    [
      "a switch without on",
      flow(`.switch("s", { cases: { a: (f) => f.code("x", () => 1) } })`),
      { line: 2, column: 27 },
      /on must be a function/,
    ],
    [
      "a switch without cases",
      flow(
        `.switch("s", { on: () => 1, default: (f) => f.code("x", () => 1) })`,
      ),
      { line: 2 },
      /cases must be an object/,
    ],
    [
      "a switch with a list of cases",
      flow(
        `.switch("s", { on: () => 1, cases: [(f) => f.code("x", () => 1)] })`,
      ),
      { line: 2 },
      /cases must be an object/,
    ],
    [
      "a switch of nothing",
      flow(`.switch("s")`),
      { line: 2 },
      /on must be a function/,
    ],
    [
      "a case that cannot be part of a path",
      flow(
        `.switch("s", {\n on: () => 1,\n cases: {\n a: (f) => f.code("x", () => 1),\n "b/c": (f) => f.code("x", () => 1) } })`,
      ),
      { line: 6, column: 2 },
      /"b\/c" cannot name a branch/,
    ],
    [
      "a case called default beside the default",
      flow(
        `.switch("s", { on: () => 1, cases: { default: (f) => f.code("x", () => 1) }, default: (f) => f.code("x", () => 1) })`,
      ),
      { line: 2 },
      /called "default"/,
    ],
    [
      "a default that is no function",
      flow(
        `.switch("s", { on: () => 1, cases: { a: (f) => f.code("x", () => 1) }, default: 1 })`,
      ),
      { line: 2 },
      /default must be a function/,
    ],
    [
      "a parallel without branches",
      flow(`.parallel("p", {})`),
      { line: 2 },
      /must be an object with a function for each/,
    ],
    [
      "a parallel of a function",
      flow(`.parallel("p", (f) => f.code("x", () => 1))`),
      { line: 2 },
      /must be an object with a function for each/,
    ],
    [
      "a branch that is no function",
      flow(`.parallel("p", { a: 1 })`),
      { line: 2 },
      /a must be a function that returns the flow/,
    ],
    [
      "a branch without steps",
      flow(`.parallel("p", { a: (f) => f })`),
      { line: 2 },
      /The a block has no steps/,
    ],
    [
      "an unknown mode",
      flow(
        `.parallel("p", { a: (f) => f.code("x", () => 1) }, { mode: "some" })`,
      ),
      { line: 2 },
      /mode must be "all" or "race"/,
    ],
    [
      "more than 50 branches",
      flow(
        `.parallel("p", Object.fromEntries(Array.from({ length: 51 }, (_, i) => ["b" + i, (f) => f.code("x", () => 1)])))`,
      ),
      { line: 2 },
      /51; there may be 50/,
    ],
    [
      "two steps of a name in one branch",
      flow(
        `.parallel("p", { a: (f) => f.code("x", () => 1).code("x", () => 1) })`,
      ),
      { line: 2 },
      /already a step called "x"/,
    ],
    [
      "an option that stop does not have",
      flow(`.stop("s", 1, { until: 2 })`),
      { line: 2 },
      /until/,
    ],
    [
      "an output that is not last",
      flow(`.output(() => 1).code("a", () => 1)`),
      { line: 2 },
      /last call/,
    ],
    [
      "a step that is not there yet",
      flow(`.ai("a", {})`),
      { line: 2 },
      /not a step/,
    ],
    [
      "a schema JSON cannot tell",
      `${HEAD}export default workflow({ input: z.object({ a: z.lazy(() => { throw new Error("lazy") }) }) }).code("a", () => 1);`,
      { line: 2 },
      /lazy/,
    ],
    [
      "an endless nesting",
      `${HEAD}const nest = (f) => f.condition("c", { if: () => 1, then: nest });\nexport default nest(workflow());`,
      {},
      /deep|nested|does not end/i,
    ],
    [
      "more than 512 KiB",
      `//${"x".repeat(512 * 1024)}`,
      { line: 1 },
      /512 KiB/,
    ],
    ["2 MiB", `//${"x".repeat(2 * 1024 * 1024)}`, { line: 1 }, /2049 KiB/],
  ])("refuses %s and says where", async (_what, source, place, message) => {
    const diagnostics = await diagnosticsOf(source);
    expect(diagnostics[0]).toMatchObject({
      severity: "error",
      source: "lockstep",
      ...place,
    });
    expect(diagnostics.map((one) => one.message).join("\n")).toMatch(message);
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

  it("warns once about steps behind the end of the run", async () => {
    const result = await compile(
      flow(`
.condition("c", { if: () => 1, then: (f) => f.fail("no", "no").code("never", () => 1) })
.fail("may", "be", { onError: "continue" })
.stop("end")
.code("a", () => 1)
.code("b", () => 1)
.output(() => 1)`),
    );
    expect(result).toMatchObject({
      ok: true,
      diagnostics: [
        {
          severity: "warning",
          line: 3,
          message: expect.stringMatching(/"no"/),
        },
        {
          severity: "warning",
          line: 6,
          message: expect.stringMatching(/"end"/),
        },
      ],
    });
  });

  it("refuses steps nested more than eight deep", async () => {
    const nested = (depth: number): string =>
      depth === 1
        ? `f.code("s", () => 1)`
        : `f.condition("s", { if: () => 1, then: (f) => ${nested(depth - 1)} })`;
    const source = (depth: number) =>
      `${HEAD}const f = workflow();\nexport default ${nested(depth)};`;
    expect((await compile(source(8))).ok).toBe(true);
    expect(await diagnosticsOf(source(9))).toMatchObject([
      { message: expect.stringContaining("8 deep") },
    ]);
  });

  it("warns about a secret whose name is computed", async () => {
    const result = await compile(
      flow(
        `.http("h", { request: ({ input }) => ({ url: "u", headers: { a: secret(input.k) } }) })`,
      ),
    );
    expect(result).toMatchObject({
      ok: true,
      diagnostics: [{ severity: "warning", line: 2 }],
    });
  });
});
