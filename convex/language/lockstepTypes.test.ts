import ts from "typescript";
import { describe, expect, it } from "vitest";
import { LOCKSTEP_TYPES } from "./lockstepTypes";
import { EXAMPLE } from "../../tests/support/language/example";

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts"],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: [],
};

function errorsIn(source: string): string[] {
  const files = new Map([
    ["lockstep.d.ts", LOCKSTEP_TYPES],
    ["workflow.ts", source],
  ]);
  const host = ts.createCompilerHost(OPTIONS);
  const original = host.getSourceFile.bind(host);
  host.getSourceFile = (name, options) => {
    const text = files.get(name);
    return text === undefined
      ? original(name, options)
      : ts.createSourceFile(name, text, options);
  };
  const program = ts.createProgram([...files.keys()], OPTIONS, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) =>
      ts.flattenDiagnosticMessageText(messageText, " "),
    );
}

const flow = (steps: string) =>
  `import { workflow, z, secret } from "lockstep";\nexport default workflow({ input: z.object({ n: z.number(), s: z.string().optional() }) })${steps};`;

describe("the types of the language", () => {
  it("accept the example of the language page", () => {
    expect(errorsIn(EXAMPLE)).toEqual([]);
  }, 30_000);

  it("accept every kind of step", () => {
    const source = flow(`
      .code("a", ({ input }) => ({ at: new Date(), n: input.n + 1 }))
      .code("b", ({ steps }) => steps.a.at.toUpperCase() + steps.a.n.toFixed())
      .action("c", async ({ fetch, secrets, log }) => { log("x"); const r = await fetch("u", { headers: { k: await secrets.get("K") } }); return (await r.json()).id as string; })
      .loop("l", { times: 3, do: (f) => f.code("x", ({ item }) => item.toFixed()) })
      .loop("w", { while: ({ last, index }) => index < 3 && last !== 1, do: (f) => f.code("x", () => 1) })
      .delay("d", { until: ({ steps }) => steps.a.at })
      .condition("q", { if: () => true, then: (f) => f.fail("stop", ({ input }) => input.s ?? "no") })
      .http("h", { request: () => ({ url: "u", headers: { a: \`Bearer \${secret("K")}\`, b: secret("L") } }) })
      .output(({ steps }) => steps.l[0]?.toUpperCase())`);
    expect(errorsIn(source)).toEqual([]);
  }, 30_000);

  it.each([
    ["an unknown step", `.code("a", ({ steps }) => steps.nope)`, /nope/],
    [
      "a value of the wrong type",
      `.code("a", ({ input }) => input.n.toUpperCase())`,
      /toUpperCase/,
    ],
    [
      "a second step of the same name",
      `.code("a", () => 1).code("a", () => 2)`,
      /DuplicateStepName/,
    ],
    ["a bad duration", `.delay("a", "1 fortnight")`, /fortnight/],
    [
      "an item outside of a loop",
      `.code("a", ({ item }) => item.x)`,
      /undefined/,
    ],
    [
      "an optional input used as if it were there",
      `.code("a", ({ input }) => input.s.length)`,
      /undefined/,
    ],
    [
      "a request without a url",
      `.http("a", { request: () => ({ method: "GET" }) })`,
      /url/,
    ],
  ])(
    "refuse %s",
    (_what, steps, expected) => {
      expect(errorsIn(flow(steps)).join("\n")).toMatch(expected);
    },
    30_000,
  );
});
