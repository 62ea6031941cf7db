/** Loops whose iterations succeed: how many, in which order, how many at once, under which names. */
import { describe, expect, it } from "vitest";
import { json } from "../../tests/support/answering-server";
import { useExecutorInProcess } from "../../tests/support/executor/use-executor";

const executor = useExecutorInProcess();

const outputOf = async (chain: string, input?: unknown) =>
  await executor.outputOf(await executor.publishAndStart(chain, input));

describe("a loop", () => {
  const calls = `({ input: z.object({ items: z.array(z.number()) }) })
    .loop("calls", {
      each: ({ input }) => input.items,
      concurrency: 20,
      do: (flow) => flow.http("call", { request: ({ item }) => ({ url: "$server/" + item }) })
        .code("number", ({ steps }) => steps.call.body.n),
    })
    .output(({ steps }) => steps.calls)`;

  it.each([0, 1, 500])(
    "over %i items calls each once, never more than its concurrency at once",
    async (count) => {
      executor.server.answer = ({ path }, response) =>
        json(response, { n: Number(path.slice(1)) * 2 });
      const items = Array.from({ length: count }, (_, index) => index);
      const runId = await executor.publishAndStart(calls, { items });
      expect(await executor.outputOf(runId)).toEqual(items.map((n) => n * 2));
      const asked = executor.server.asked.map(({ path }) =>
        Number(path.slice(1)),
      );
      expect(asked.sort((a, b) => a - b)).toEqual(items);
      expect(executor.server.mostOpen).toBeLessThanOrEqual(20);
      expect((await executor.step(runId, "calls")).loop).toEqual({
        total: count,
        completed: count,
        failed: 0,
        running: 0,
      });
    },
  );

  it("inside a loop sees the items of both, and its results come in order", async () => {
    const runId = await executor.publishAndStart(`()
      .loop("rows", {
        each: () => ["a", "b", "c"],
        concurrency: 2,
        do: (flow) => flow
          .code("row", ({ item }) => item.toUpperCase())
          .loop("columns", {
            times: 3,
            concurrency: 3,
            do: (flow) => flow.code("cell", ({ item, index, loops, steps }) =>
              [loops.rows.item, loops.rows.index, item, index, steps.row].join("")),
          }),
      })
      .output(({ steps }) => steps.rows)`);
    expect(await executor.outputOf(runId)).toEqual([
      ["a000A", "a011A", "a022A"],
      ["b100B", "b111B", "b122B"],
      ["c200C", "c211C", "c222C"],
    ]);
    const cells = await executor.children(runId, "rows[1]/columns[2]");
    expect(cells.map(({ key }) => key)).toEqual(["rows[1]/columns[2]/cell"]);
  });

  it("of 1,000 pure iterations takes several turns and ends", async () => {
    const runId = await executor.publishAndStart(`()
      .loop("many", { times: 1000, do: (flow) => flow.code("x", ({ index }) => index) })
      .output(({ steps }) => steps.many.reduce((sum, n) => sum + n, 0))`);
    expect((await executor.run(runId)).state.kind).toBe("running");
    expect(await executor.outputOf(runId)).toBe(499_500);
    expect(await executor.children(runId, "many")).toHaveLength(1_000);
  });

  it("while something holds is asked with the last result", async () => {
    expect(
      await outputOf(`()
        .loop("double", {
          while: ({ last }) => (last ?? 1) < 100,
          do: (flow) => flow.code("x", ({ index }) => 2 ** index),
        })
        .output(({ steps }) => steps.double)`),
    ).toEqual([1, 2, 4, 8, 16, 32, 64, 128]);
  });

  it("names its iterations by key, or by number when the key cannot be told", async () => {
    const runId = await executor.publishAndStart(`()
      .loop("named", {
        each: () => ["a", null],
        key: ({ item }) => item.toUpperCase(),
        do: (flow) => flow.code("x", () => 1),
      })`);
    await executor.untilEnded(runId);
    const rows = await executor.children(runId, "named");
    expect(rows.map(({ label }) => label)).toEqual(["A", "#2"]);
  });

  it("with a wide window and slow names fills it over several turns", async () => {
    const runId = await executor.publishAndStart(`()
      .loop("wide", {
        times: 30,
        concurrency: 30,
        key: ({ index }) => { let n = 0; while (n < 2e5) n++; return "no. " + index; },
        do: (flow) => flow.code("x", ({ index }) => index),
      })
      .output(({ steps }) => steps.wide.length)`);
    expect(await executor.outputOf(runId)).toBe(30);
    const rows = await executor.children(runId, "wide");
    expect(rows.map(({ label }) => label)).toEqual(
      rows.map((_, index) => `no. ${index}`),
    );
  });

  it("starts the next iteration as soon as one ends, while a slow one goes on", async () => {
    const { server } = executor;
    server.answer = async ({ path }, response) => {
      if (path === "/0") await server.until(() => server.asked.length === 8);
      json(response, { path });
    };
    const runId = await executor.publishAndStart(`()
      .loop("calls", {
        times: 8,
        concurrency: 2,
        do: (flow) => flow.http("call", { request: ({ item }) => ({ url: "$server/" + item }) }),
      })
      .output(({ steps }) => steps.calls.map((call) => call.body.path))`);
    expect(await executor.outputOf(runId)).toEqual(
      Array.from({ length: 8 }, (_, index) => `/${index}`),
    );
    expect(server.mostOpen).toBe(2);
  });

  it.each([
    ["over an empty list", "each: () => []"],
    [
      "over an empty list with names",
      "each: () => [], key: ({ item }) => item.id",
    ],
    ["no times", "times: 0"],
    ["zero times as computed", "times: () => 0, concurrency: 10"],
    ["while nothing holds", "while: () => false"],
    ["over the number 0", "each: () => 0"],
  ])("%s is complete at once, with an empty list", async (_, options) => {
    const runId = await executor.publishAndStart(`()
      .loop("none", { ${options}, do: (flow) => flow.code("x", () => 1) })
      .code("after", ({ steps }) => steps.none)
      .output(({ steps }) => steps.after)`);
    const run = await executor.run(runId);
    expect(run.state).toEqual({ kind: "completed" });
    expect(await executor.value(run.output)).toEqual([]);
    expect(await executor.children(runId, "none")).toEqual([]);
  });
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
