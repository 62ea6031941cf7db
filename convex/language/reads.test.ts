/** Which parts of its context a function reads, as the compiler can tell from its source. */
import { describe, expect, it } from "vitest";
import { graphOf, HEAD } from "../../tests/support/language/compiled-source";

describe("compile", () => {
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
});
