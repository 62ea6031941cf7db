/** What an event's search for those who wait for it has still to do is lost, and a minute later made up for. */
import { describe, expect, it } from "vitest";
import type { RunId } from "../../tests/support/executor/executor-harness";
import {
  loseJobs,
  sweepAfterMinute,
} from "../../tests/support/executor/lost-jobs";
import { useStagedExecutor } from "../../tests/support/executor/use-executor";
import { api, internal } from "../_generated/api";

const MINUTE = 60_000;
const executor = useStagedExecutor();

async function send(name: string): Promise<void> {
  const { organizationId } = executor;
  await executor.owner.mutation(api.events.send, {
    organizationId,
    name,
    data: "{}",
  });
}

describe("an event's search for waits that did not go on", () => {
  const stateOfWait = async (runId: RunId, key: string) =>
    (await executor.steps(runId)).get(key)?.state.kind;

  it("behind the first hundred of them is made up for by the sweep", async () => {
    const crowd = await executor.publishAndStart(
      `().loop("many", { times: 110, concurrency: 110, do: (flow) => flow.waitForEvent("word", { event: "said.once" }) })`,
    );
    await executor.pass();
    const last = await executor.publishAndStart(
      `().waitForEvent("word", { event: "said.once" })`,
    );
    await send("said.once");
    await loseJobs(executor, "matchFurther");
    await executor.pass(MINUTE / 2);
    expect(await stateOfWait(last, "word")).toBe("waiting");
    await sweepAfterMinute(executor);
    expect(await stateOfWait(last, "word")).toBe("completed");
    expect(await executor.rows("eventSearches")).toEqual([]);
    await executor.cancel(crowd);
  });

  /** A step is cut off while an event is on its way to it, and another waits for the same. */
  const giveBack = async (): Promise<RunId> => {
    const runId = await executor.publishAndStart(
      `().parallel("both", {
        a: (flow) => flow.condition("try", { if: () => true, onError: "continue", then: (inner) => inner.parallel("p", {
          x: (x) => x.waitForEvent("word", { event: "said.back" }),
          y: (y) => y.delay("nap", "1h").fail("no", "no luck"),
        }) }),
        b: (flow) => flow.delay("first", "1s").waitForEvent("word", { event: "said.back" }),
      })`,
    );
    await executor.pass(5_000);
    await send("said.back");
    await loseJobs(executor, "deliver");
    const nap = { runId, stepKey: "both/a/try/p/y/nap" };
    await executor.owner.mutation(api.stepExecutions.skipDelay, nap);
    await loseJobs(executor, "matchFurther");
    return runId;
  };

  it("after a step gave its event back is made up for by the sweep", async () => {
    const runId = await giveBack();
    expect(await stateOfWait(runId, "both/a/try/p/x/word")).toBe("cancelled");
    expect(await stateOfWait(runId, "both/b/word")).toBe("waiting");
    await sweepAfterMinute(executor);
    expect((await executor.run(runId)).state.kind).toBe("completed");
  });

  it("is given up when five tries come to nothing", async () => {
    const runId = await giveBack();
    for (let tries = 0; tries < 5; tries++) {
      expect(await executor.rows("eventSearches")).toMatchObject([{ tries }]);
      await executor.pass(MINUTE + 1_000);
      await executor.t.mutation(internal.executor.recovery.sweep, {});
      await loseJobs(executor, "matchFurther");
    }
    await sweepAfterMinute(executor);
    expect(await executor.rows("eventSearches")).toEqual([]);
    expect(await stateOfWait(runId, "both/b/word")).toBe("waiting");
    await executor.cancel(runId);
  });
});
