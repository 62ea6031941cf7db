/** What a replay from a step reuses and what it runs again, by where the step stands. */
import { describe, expect, it } from "vitest";
import { present } from "../../tests/support/executor/present";
import { useReplays } from "../../tests/support/executor/use-replays";

const { executor, answer, replay, rowsOf, started } = useReplays();

describe("a replay from a step", () => {
  it("reuses what was before it and runs the rest, effects included", async () => {
    answer({ "/first": { n: 1 }, "/second": { n: 2 } });
    const runId = await started(`()
      .http("first", { request: () => ({ url: "$server/first" }) })
      .http("second", { request: () => ({ url: "$server/second" }) })
      .code("sum", ({ steps }) => steps.first.body.n + steps.second.body.n)
      .output(({ steps }) => steps.sum)`);
    answer({ "/first": 400, "/second": { n: 20 } });
    const again = await replay(runId, { fromStep: "second" });
    expect(await executor.outputOf(again)).toBe(21);
    expect(await rowsOf(again)).toEqual({
      reused: ["first"],
      anew: ["second", "sum"],
    });
    const asked = executor.server.asked.map(({ path }) => path);
    expect(asked).toEqual(["/first", "/second", "/second"]);
    const first = await executor.step(again, "first");
    expect(first.reusedFrom).toEqual({ runId, number: 1 });
    expect((await executor.run(again)).replayOf).toEqual({
      runId,
      number: 1,
      fromStep: "second",
    });
  });

  it("names the run that executed a step, through replays of replays", async () => {
    const runId = await started(
      `().code("a", () => 1).code("b", () => 2).code("c", () => 3)`,
    );
    const second = await replay(runId, { fromStep: "b" });
    await executor.untilEnded(second);
    const third = await replay(second, { fromStep: "c" });
    await executor.untilEnded(third);
    const steps = await executor.steps(third);
    expect(steps.get("a")?.reusedFrom).toEqual({ runId, number: 1 });
    expect(steps.get("b")?.reusedFrom).toEqual({ runId: second, number: 2 });
  });

  it("goes on inside a loop: earlier iterations keep their results", async () => {
    const chain = (factor: number) => `()
      .loop("each", {
        each: () => ["a", "b", "c", "d"],
        key: ({ item }) => item,
        do: (flow) => flow
          .code("pre", ({ item }) => item + item)
          .code("post", ({ steps, index }) => steps.pre + index * ${factor}),
      })
      .output(({ steps }) => steps.each)`;
    const runId = await started(chain(1));
    const again = await replay(runId, { fromStep: "each[2]/post" });
    expect(await executor.outputOf(again)).toEqual([
      "aa0",
      "bb1",
      "cc2",
      "dd3",
    ]);
    expect(await rowsOf(again)).toEqual({
      reused: [
        "each[0]",
        "each[0]/post",
        "each[0]/pre",
        "each[1]",
        "each[1]/post",
        "each[1]/pre",
        "each[2]/pre",
      ],
      anew: [
        "each",
        "each[2]",
        "each[2]/post",
        "each[3]",
        "each[3]/post",
        "each[3]/pre",
      ],
    });
    const { loop } = await executor.step(again, "each");
    expect(loop).toEqual({ total: 4, completed: 4, failed: 0, running: 0 });
    const labels = (await executor.children(again, "each")).map(
      ({ label }) => label,
    );
    expect(labels).toEqual(["a", "b", "c", "d"]);
  });

  it("goes on in a while loop with what the last iteration gave", async () => {
    const runId = await started(`()
      .loop("grow", {
        while: ({ last }) => (last ?? 1) < 20,
        do: (flow) => flow.code("next", ({ index }) => 2 ** (index + 1)),
      })
      .output(({ steps }) => steps.grow)`);
    const again = await replay(runId, { fromStep: "grow[3]/next" });
    expect(await executor.outputOf(again)).toEqual([2, 4, 8, 16, 32]);
    expect((await rowsOf(again)).anew).toEqual([
      "grow",
      "grow[3]",
      "grow[3]/next",
      "grow[4]",
      "grow[4]/next",
    ]);
  });

  it("runs earlier iterations again that had not ended when the loop failed", async () => {
    answer({ "/slow": "never", "/good": 1, "/bad": 400 });
    const runId = await started(`()
      .loop("calls", {
        each: () => ["slow", "good", "bad", "good"],
        concurrency: 2,
        do: (flow) => flow.http("call", {
          request: ({ item }) => ({ url: "$server/" + item }),
        }),
      })
      .output(({ steps }) => steps.calls.length)`);
    answer({ "/slow": 1, "/good": 1, "/bad": 1 });
    const failed = await executor.run(runId);
    expect(failed.state.kind).toBe("failed");
    const again = await replay(runId, { fromStep: "calls[2]/call" });
    expect(await executor.outputOf(again)).toBe(4);
    const { reused } = await rowsOf(again);
    expect(reused).toEqual(["calls[1]", "calls[1]/call"]);
    const { loop } = await executor.step(again, "calls");
    expect(loop).toEqual({ total: 4, completed: 4, failed: 0, running: 0 });
  });

  it("goes on in the branch of a condition and of a switch", async () => {
    const runId = await started(`()
      .condition("if", {
        if: () => true,
        then: (flow) => flow
          .code("a", () => 1)
          .switch("kind", {
            on: () => "x",
            cases: { x: (flow) => flow.code("b", () => 2).code("c", ({ steps }) => steps.a + steps.b) },
          }),
      })
      .output(({ steps }) => steps.if)`);
    const again = await replay(runId, { fromStep: "if/kind/x/c" });
    expect(await executor.outputOf(again)).toEqual({
      branch: "then",
      result: { branch: "x", result: 3 },
    });
    expect((await rowsOf(again)).reused).toEqual(["if/a", "if/kind/x/b"]);
  });

  it("reuses the other branches of a parallel that completed, and runs the others again", async () => {
    answer({ "/ok": "ok", "/bad": 400, "/slow": "never" });
    const runId = await started(`()
      .parallel("both", {
        a: (flow) => flow.code("a", () => "a"),
        b: (flow) => flow
          .http("ok", { request: () => ({ url: "$server/ok" }) })
          .http("bad", { request: () => ({ url: "$server/bad" }) }),
        c: (flow) => flow.http("slow", { request: () => ({ url: "$server/slow" }) }),
      })
      .output(({ steps }) => [steps.both.a, steps.both.b.body, steps.both.c.body])`);
    answer({ "/ok": 400, "/bad": "good", "/slow": "fast" });
    const again = await replay(runId, { fromStep: "both/b/bad" });
    expect(await executor.outputOf(again)).toEqual(["a", "good", "fast"]);
    expect((await rowsOf(again)).reused).toEqual([
      "both/a",
      "both/a/a",
      "both/b/ok",
    ]);
  });

  it("lets all branches of a race run again", async () => {
    const runId = await started(`()
      .parallel("race", {
        a: (flow) => flow.code("one", () => 1).code("two", () => 2),
        b: (flow) => flow.delay("late", "1h"),
      }, { mode: "race" })
      .output(({ steps }) => steps.race)`);
    const again = await replay(runId, { fromStep: "race/a/two" });
    expect(await executor.outputOf(again)).toEqual({ branch: "a", result: 2 });
    expect(await rowsOf(again)).toEqual({
      reused: ["race/a/one"],
      anew: ["race", "race/a", "race/a/two", "race/b", "race/b/late"],
    });
  });

  it("begins an iteration or a branch with the first step in it", async () => {
    const runId = await started(`()
      .loop("three", { times: 3, do: (flow) => flow.code("x", ({ index }) => index) })
      .output(({ steps }) => steps.three)`);
    const again = await replay(runId, { fromStep: "three[1]" });
    expect(await executor.outputOf(again)).toEqual([0, 1, 2]);
    expect((await rowsOf(again)).reused).toEqual(["three[0]", "three[0]/x"]);
    expect((await executor.run(again)).replayOf?.fromStep).toBe("three[1]/x");
  });

  it("keeps a failure that the flow went on after", async () => {
    const runId = await started(`()
      .code("risky", () => { throw new Error("no") }, { onError: "continue" })
      .code("after", ({ steps }) => steps.risky ?? "none")
      .output(({ steps }) => steps.after)`);
    const again = await replay(runId, { fromStep: "after" });
    expect(await executor.outputOf(again)).toBe("none");
    const risky = await executor.step(again, "risky");
    expect(risky.state).toMatchObject({ kind: "failed" });
  });

  it("shares large payloads", async () => {
    const runId = await started(`()
      .code("large", () => "x".repeat(100_000))
      .code("size", ({ steps }) => steps.large.length)
      .output(({ steps }) => steps.size)`);
    const again = await replay(runId, { fromStep: "size" });
    expect(await executor.outputOf(again)).toBe(100_000);
    const [first, second] = await Promise.all(
      [runId, again].map((id) => executor.step(id, "large")),
    );
    expect(present(first?.output).id).not.toBe(present(second?.output).id);
    expect(await executor.value(present(second?.output))).toHaveLength(100_000);
  });
});

describe("a replay from a step is refused", () => {
  it("when there is no such step, or the run did not come to it", async () => {
    const runId = await started(`()
      .code("a", () => { throw new Error("no") })
      .loop("l", { times: 2, do: (flow) => flow.code("x", () => 1) })`);
    const refused = (fromStep: string) =>
      expect(replay(runId, { fromStep })).rejects;
    await refused("nope").toThrow(/not_found/);
    await refused("").toThrow(/not_found/);
    await refused("l").toThrow(/not_reached/);
    await refused("l[0]/x").toThrow(/not_reached/);
    await refused("l[99999999999999999999]/x").toThrow(/not_reached/);
    await refused("l/x").toThrow(/not_reached/);
    await refused("a[0]").toThrow(/not_reached/);
  });
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
