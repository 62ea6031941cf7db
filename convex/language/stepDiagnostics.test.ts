/** Steps that are wrong, or of no use: each is refused, or warned of, where it stands. */
import { describe, expect, it } from "vitest";
import { compile } from "./compile";
import {
  expectRefused,
  flow,
  HEAD,
  type Refusal,
  refusalsOf,
} from "../../tests/support/language/compiled-source";

describe("compile", () => {
  it.each<Refusal>([
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
  ])("refuses %s and says where", async (...one) => {
    await expectRefused(one);
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
    expect(await refusalsOf(source(9))).toMatchObject([
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
