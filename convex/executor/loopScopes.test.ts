import { describe, expect, it } from "vitest";
import { useExecutorInProcess } from "../../tests/support/executor/use-executor";

const executor = useExecutorInProcess();

const WAYS = [
  ["its parts", "({ item, index, loops }) => [item, index, loops]"],
  [
    "each by itself",
    "({ loops: { outer, inner }, item, index }) => [item, index, { outer, inner }]",
  ],
  ["members", "(c) => [c.item, c['index'], c.loops]"],
  [
    "a computed name",
    "(c) => ['item', 'index', 'loops'].map((part) => c[part])",
  ],
  ["the rest", "({ item, ...others }) => [item, others.index, others.loops]"],
  ["the whole, passed on", "(c) => pick(c)"],
  ["a function from elsewhere", "pick"],
  [
    "one that a call gives",
    "same(({ item, index, loops }) => [item, index, loops])",
  ],
  ["one of an object", "all.pick"],
  ["its arguments", "function () { return pick(arguments[0]) }"],
] as const;

const loops = (read: string) => `()
  .loop("outer", { each: () => ["x", "y"], do: (flow) => flow
    .loop("inner", { each: ({ item, index }) => [item + index], do: (flow) => {
      const pick = (c) => [c.item, c.index, c.loops];
      const same = (fn) => fn;
      const all = { pick };
      return flow.code("read", ${read});
    } }) })
  .output(({ steps }) => steps.outer)`;

describe("a function inside loops", () => {
  it.each(WAYS)("sees what is its own of them: by %s", async (_, read) => {
    const runId = await executor.publishAndStart(loops(read));
    const seen = (outer: string, index: number) => [
      `${outer}${index}`,
      0,
      {
        outer: { item: outer, index },
        inner: { item: `${outer}${index}`, index: 0 },
      },
    ];
    expect(await executor.outputOf(runId)).toEqual([
      [seen("x", 0)],
      [seen("y", 1)],
    ]);
  });
});
