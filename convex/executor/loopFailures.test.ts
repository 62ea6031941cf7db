/** Loops that cannot go on, and those that go on after iterations that failed. */
import { describe, expect, it } from "vitest";
import { useExecutorInProcess } from "../../tests/support/executor/use-executor";

const executor = useExecutorInProcess();

describe("a loop", () => {
  it("of more iterations than one turn can gather has all results, in order, also those that failed", async () => {
    const runId = await executor.publishAndStart(`()
      .loop("many", {
        while: ({ index }) => index < 450,
        onError: "continue",
        do: (flow) => flow.code("x", ({ index }) => { if (index % 100 === 99) throw new Error("no"); return { index }; }),
      })
      .output(({ steps }) => steps.many.map((result) => result?.index ?? -1))`);
    expect(await executor.outputOf(runId)).toEqual(
      Array.from({ length: 450 }, (_, i) => (i % 100 === 99 ? -1 : i)),
    );
    expect((await executor.step(runId, "many")).loop).toEqual({
      total: 450,
      completed: 446,
      failed: 4,
      running: 0,
    });
  });

  it("whose results are too large together fails by name", async () => {
    const { error } = await executor.failureOf(`()
      .loop("large", {
        times: 20,
        concurrency: 20,
        do: (flow) => flow.code("x", () => "x".repeat(1024 * 1024)),
      })`);
    expect(error).toMatchObject({
      code: "payload_too_large",
      message: expect.stringMatching(/results of loop "large".*16 MiB/),
    });
  });

  it("that goes on after errors has no result where an iteration failed", async () => {
    const runId = await executor.publishAndStart(`()
      .loop("some", {
        each: () => [1, 2, 3, 4],
        concurrency: 2,
        onError: "continue",
        do: (flow) => flow
          .code("x", ({ item }) => { if (item % 2 === 0) throw new Error("even"); return item; })
          .code("y", ({ steps }) => steps.x * 10),
      })
      .output(({ steps }) => steps.some)`);
    expect(await executor.outputOf(runId)).toEqual([10, null, 30, null]);
    expect((await executor.step(runId, "some")).loop).toMatchObject({
      completed: 2,
      failed: 2,
      running: 0,
    });
    const rows = await executor.children(runId, "some");
    expect(rows.map(({ state }) => state.kind)).toEqual([
      "completed",
      "failed",
      "completed",
      "failed",
    ]);
  });

  it("that failed starts nothing more, also when what is around it goes on", async () => {
    const runId = await executor.publishAndStart(`()
      .condition("guard", {
        if: () => true,
        onError: "continue",
        then: (flow) => flow.loop("all", {
          times: 5,
          concurrency: 5,
          do: (flow) => flow
            .code("x", ({ index }) => { if (index === 0) throw new Error("first"); })
            .http("call", { request: () => ({ url: "$server/never" }) }),
        }),
      })
      .http("after", { request: () => ({ url: "$server/after" }) })
      .output(({ steps }) => steps.after.status)`);
    expect(await executor.outputOf(runId)).toBe(200);
    expect(executor.server.asked.map(({ path }) => path)).toEqual(["/after"]);
    const rows = await executor.children(runId, "guard/all");
    expect(rows.map(({ state }) => state.kind)).toEqual([
      "failed",
      ...Array.from({ length: 4 }, () => "cancelled"),
    ]);
    expect(await executor.children(runId, "guard/all[1]")).toEqual([]);
  });

  it("while something holds goes on after an iteration that failed, and is asked without its result", async () => {
    const runId = await executor.publishAndStart(`()
      .loop("tries", {
        while: ({ last, index }) => index < 3 && last !== "done",
        onError: "continue",
        do: (flow) => flow.code("x", ({ index }) => { if (index === 0) throw new Error("first"); return index === 1 ? "done" : "more"; }),
      })
      .output(({ steps }) => steps.tries)`);
    expect(await executor.outputOf(runId)).toEqual([null, "done"]);
  });

  it.each([
    ["over no list", `each: () => "text"`, "invalid_value", /must give a list/],
    ["over null", "each: () => null", "invalid_value", /gave null or nothing/],
    ["over nothing", "each: () => {}", "invalid_value", /is a return missing/],
    [
      "over an object",
      "each: () => ({ a: 1 })",
      "invalid_value",
      /it gave an object/,
    ],
    ["over a Set", "each: () => new Set([1])", "invalid_value", /Array\.from/],
    [
      "a text of times",
      `times: () => "3"`,
      "invalid_value",
      /must give a number/,
    ],
    [
      "over a list with a cycle",
      "each: () => { const a = []; a.push(a); return a; }",
      "invalid_value",
      /cycle/,
    ],
    [
      "over 100,001 items",
      "each: () => Array.from({ length: 100001 }, (_, i) => i)",
      "too_many_iterations",
      /would run 100001 times; at most 10000/,
    ],
    [
      "over 100,001 items with the limit raised",
      "each: () => Array.from({ length: 100001 }, (_, i) => i), maxIterations: 100000",
      "too_many_iterations",
      /would run 100001 times; at most 100000/,
    ],
    [
      "while something cannot be asked",
      `while: ({ index }) => { if (index === 2) throw new Error("who knows"); return true; }`,
      "user_error",
      /who knows/,
    ],
    [
      "a negative number of times",
      "times: () => -1",
      "invalid_value",
      /-1 times/,
    ],
    ["half a time", "times: () => 0.5", "invalid_value", /0.5 times/],
    [
      "too many times",
      "times: () => 10001",
      "too_many_iterations",
      /at most 10000/,
    ],
    [
      "without end",
      "while: () => true, maxIterations: 3",
      "too_many_iterations",
      /at most 3/,
    ],
    [
      "that cannot be asked",
      `each: () => { throw new Error("no list") }`,
      "user_error",
      /no list/,
    ],
  ])("%s fails with a reason", async (_, options, code, reason) => {
    const { error } = await executor.failureOf(
      `().loop("bad", { ${options}, do: (flow) => flow.code("x", () => 1) })`,
    );
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(reason);
  });
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
