import { describe, expect, it } from "vitest";
import { api } from "../_generated/api";
import { call, never, QUICK } from "../../tests/support/executor/http-calls";
import { present } from "../../tests/support/executor/present";
import { useExecutor } from "../../tests/support/executor/use-executor";

const executor = useExecutor();

describe("time", () => {
  it("of a step runs out over all attempts together, and its request is aborted", async () => {
    executor.server.answer = never;
    const runId = await executor.publishAndStart(
      `()${call(`timeout: "1s", ${QUICK}`)}`,
    );
    const { error } = await executor.untilEnded(runId);
    expect(error?.code).toBe("timeout");
    await executor.server.until(() => executor.server.open === 0);
    expect(executor.server.asked).toMatchObject([{ aborted: true }]);
  });

  it("of a run runs out, and everything in it ends", async () => {
    executor.server.answer = never;
    const runId = await executor.publishAndStart(
      `({ timeout: "400ms" })
        .loop("both", { times: 2, concurrency: 2, do: (flow) => flow
          .condition("first", { if: ({ index }) => index === 0,
            then: (flow) => flow.http("call", { request: () => ({ url: "$server/" }) }),
            else: (flow) => flow.delay("long", "1h") }) })`,
    );
    const { error } = await executor.untilEnded(runId);
    expect(error).toMatchObject({
      code: "timeout",
      message: expect.stringContaining("timeout"),
    });
    expect((await executor.step(runId, "both")).state.kind).toBe("cancelled");
    expect(await executor.tasksOf(runId)).toEqual([]);
    await executor.server.until(() => executor.server.open === 0);
  });

  it("of a very long step timeout does not overflow", async () => {
    const runId = await executor.publishAndStart(
      `()${call('timeout: "300d"')}`,
    );
    expect((await executor.untilEnded(runId)).state.kind).toBe("completed");
  });

  it("of a delay passes, and the run says that it waits", async () => {
    const runId = await executor.publishAndStart(
      `().delay("nap", "300ms").code("after", () => 1)`,
    );
    const run = await executor.untilEnded(runId);
    expect(run.state.kind).toBe("completed");
    const { startedAt, endedAt, output } = await executor.step(runId, "nap");
    expect(present(endedAt) - present(startedAt)).toBeGreaterThanOrEqual(300);
    expect(await executor.value(output)).toBe(
      new Date(present(endedAt)).toISOString(),
    );
  });

  it("of a delay may be skipped by a person, once", async () => {
    const runId = await executor.publishAndStart(
      `().delay("long", "1h").code("after", () => 1)`,
    );
    const { state } = await executor.untilStep(runId, "long", () => true);
    expect(state).toMatchObject({ kind: "waiting", for: "delay" });
    expect((await executor.run(runId)).state).toMatchObject({
      kind: "waiting",
      for: "delay",
      stepKey: "long",
    });
    const skip = () =>
      executor.client.mutation(api.stepExecutions.skipDelay, {
        runId,
        stepKey: "long",
      });
    await skip();
    expect((await executor.untilEnded(runId)).state.kind).toBe("completed");
    await expect(skip()).rejects.toThrow(/already over/);
  });

  it.each([
    ["() => 0", "completed"],
    ["() => 0.5 + Date.now()", "completed"],
    ['() => "2001-01-01"', "completed"],
    ['() => "soon"', "failed"],
    ["() => 1e300", "failed"],
  ])("of a delay until %s: %s", async (until, kind) => {
    const runId = await executor.publishAndStart(
      `().delay("until", { until: ${until} })`,
    );
    expect((await executor.untilEnded(runId)).state.kind).toBe(kind);
  });
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
