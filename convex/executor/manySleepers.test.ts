/** E4 in runs that wait for more than a sweep reads at once: what is lost in them is found wherever it is. */
import type { FunctionArgs } from "convex/server";
import { describe, expect, it } from "vitest";
import type { RunId } from "../../tests/support/executor/executor-harness";
import {
  loseJobs,
  sweepAfterMinute,
} from "../../tests/support/executor/lost-jobs";
import { present } from "../../tests/support/executor/present";
import { useStagedExecutor } from "../../tests/support/executor/use-executor";
import { failedWith } from "../../tests/support/executor/staged-executor";
import { auditFindings } from "../../tests/support/executor/whole-audit";
import { api, internal } from "../_generated/api";
import type { Doc } from "../_generated/dataModel";
import { SILENCE } from "./effects/stepOutput";
import { GRACE_MS } from "./runs/movers";

const HOUR = 3_600_000;
/** More than two pages. */
const MANY = 250;

const executor = useStagedExecutor();

const inLoop = (step: string, times = MANY) =>
  `().loop("many", { times: ${times}, concurrency: ${times}, do: (flow) => flow${step} })`;

async function begin(chain: string): Promise<RunId> {
  const runId = await executor.publishAndStart(chain);
  await executor.pass();
  return runId;
}

/** Of the steps in a state, in the order in which they are looked at. */
async function inState(runId: RunId, kind: string) {
  const steps = [...(await executor.steps(runId)).values()];
  return steps
    .filter(({ state }) => state.kind === kind)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

async function lastIn(runId: RunId, kind: string) {
  return present((await inState(runId, kind)).at(-1));
}

type State = Doc<"stepExecutions">["state"];

async function setState(
  steps: Doc<"stepExecutions">[],
  change: { state: State; createdAt?: number },
): Promise<void> {
  await executor.t.run(async ({ db }) => {
    for (const { _id } of steps) await db.patch("stepExecutions", _id, change);
  });
}

/** All but the last in order sleep for much longer. */
async function onlyLastIsDue(
  runId: RunId,
  kind: string,
  longer: (state: State) => State,
): Promise<Doc<"stepExecutions">> {
  const steps = await inState(runId, kind);
  const [state] = steps.map((step) => step.state);
  await setState(steps.slice(0, -1), { state: longer(present(state)) });
  return present(steps.at(-1));
}

async function stateOf(runId: RunId, key: string): Promise<string> {
  return present((await executor.steps(runId)).get(key)).state.kind;
}

const later = () => Date.now() + 900 * HOUR;

describe("a lost timer behind many that are not due", () => {
  it("of a delay is made up for, however many there are", async () => {
    // More than one transaction looks at.
    const runId = await begin(inLoop(`.delay("nap", "1h")`, 600));
    const { key } = await onlyLastIsDue(runId, "waiting", (state) => ({
      ...state,
      until: later(),
    }));
    await loseJobs(executor, "fire");
    await executor.pass(HOUR);
    await sweepAfterMinute(executor);
    expect(await stateOf(runId, key)).toBe("completed");
    expect(await inState(runId, "waiting")).toHaveLength(599);
    expect((await executor.run(runId)).state.kind).toBe("waiting");

    // What comes after such a run is looked at in the same sweep.
    const other = await begin(`().delay("nap", "1h")`);
    await loseJobs(executor, "fire");
    await executor.pass(HOUR);
    await sweepAfterMinute(executor);
    expect((await executor.run(other)).state.kind).toBe("completed");
    await executor.cancel(runId);
    await executor.pass();
  }, 120_000);

  it("of a retry is made up for", async () => {
    const runId = await begin(
      inLoop(
        `.http("call", { request: () => ({ url: "https://example.com" }), retry: { maxAttempts: 2, initialDelay: "1m", backoff: "fixed" } })`,
      ),
    );
    const tasks = await executor.claim(MANY);
    await executor.exchange({
      reports: tasks.map(({ taskId }) => {
        return { taskId, result: failedWith(true), output: SILENCE };
      }),
    });
    const { key } = await onlyLastIsDue(runId, "retrying", (state) => ({
      ...state,
      nextRetryAt: later(),
    }));
    await loseJobs(executor, "fire");
    await sweepAfterMinute(executor);
    await sweepAfterMinute(executor);
    expect(await stateOf(runId, key)).toBe("pending");
    expect(await inState(runId, "retrying")).toHaveLength(MANY - 1);
    await executor.cancel(runId);
  });

  it("of a step around others is made up for", async () => {
    const runId = await begin(
      inLoop(
        `.condition("around", { timeout: "1h", onError: "continue", if: () => true, then: (inner) => inner.delay("nap", "900h") })`,
      ),
    );
    const running = (await inState(runId, "running")).filter(
      ({ kind }) => kind === "condition",
    );
    const last = present(running.at(-1));
    await setState(running.slice(0, -1), {
      state: last.state,
      createdAt: later(),
    });
    await loseJobs(executor, "fire");
    await executor.pass(HOUR);
    await sweepAfterMinute(executor);
    expect(await stateOf(runId, last.key)).toBe("failed");
    expect(
      (await inState(runId, "running")).filter(
        ({ kind }) => kind === "condition",
      ),
    ).toHaveLength(MANY - 1);
    await executor.cancel(runId);
  });
});

it("an event that was lost on its way to one of many waits is delivered", async () => {
  const runId = await begin(
    inLoop(
      `.waitForEvent("word", { event: "said", match: ({ index }) => ({ index }) })`,
    ),
  );
  const { key } = await lastIn(runId, "waiting");
  const index = Number(/\d+/.exec(key)?.[0]);
  await executor.owner.mutation(api.events.sendToRun, {
    runId,
    name: "said",
    data: JSON.stringify({ index }),
  });
  await loseJobs(executor, "deliver");
  await sweepAfterMinute(executor);
  expect(await stateOf(runId, key)).toBe("completed");
  expect(await inState(runId, "waiting")).toHaveLength(MANY - 1);
  await executor.cancel(runId);
});

const { repairRuns } = internal.executor.repairs;
type Portion = FunctionArgs<typeof repairRuns>;

/** What a sweep asks for does not happen, but for its own portions. */
async function sweepInVain(): Promise<number> {
  await executor.pass(2 * GRACE_MS);
  let portions = 0;
  let next: Portion | null = { kind: "waiting", after: 0 };
  for (; next !== null; portions++) {
    await executor.t.mutation(repairRuns, next);
    next = await loseAllJobs();
  }
  return portions;
}

/** Returns what the next portion of the sweep was asked for with. */
async function loseAllJobs(): Promise<Portion | null> {
  return await executor.t.run(async ({ db, scheduler }) => {
    const jobs = await db.system.query("_scheduled_functions").collect();
    const pending = jobs.filter(({ state }) => state.kind === "pending");
    for (const { _id } of pending) await scheduler.cancel(_id);
    const next = pending.find(({ name }) => name.endsWith(":repairRuns"));
    // As `repairRuns` scheduled it.
    return (next?.args[0] ?? null) as Portion | null;
  });
}

describe("when many things are lost in one run", () => {
  it("one sweep makes up for all of them", async () => {
    const runId = await begin(inLoop(`.delay("nap", "1h")`));
    await loseJobs(executor, "fire");
    await executor.pass(HOUR);
    await sweepAfterMinute(executor);
    expect((await executor.run(runId)).state.kind).toBe("completed");
  });

  it("tries are counted of the first of them, and end the run", async () => {
    // More than one transaction looks at.
    const runId = await begin(inLoop(`.delay("nap", "1h")`, 600));
    await loseJobs(executor, "fire");
    await executor.pass(HOUR);
    const what = "the delay of many[0]/nap, attempt 1";
    for (let tries = 1; tries <= 5; tries++) {
      expect(await sweepInVain()).toBeGreaterThan(1);
      expect((await executor.run(runId)).stalled).toEqual({ what, tries });
    }
    await sweepAfterMinute(executor);
    expect((await executor.run(runId)).state.kind).toBe("failed");
  }, 120_000);
});

describe("whether anything moves a run", () => {
  it("is known of one that waits in vain but for its last step", async () => {
    const runId = await begin(inLoop(`.delay("nap", "1h")`));
    const steps = await inState(runId, "waiting");
    const state: State = {
      kind: "waiting",
      for: "run",
      workflow: "gone",
      until: null,
    };
    const inVain = { state, createdAt: Date.now() - 2 * GRACE_MS };
    await setState(steps.slice(0, -1), inVain);
    expect(await executor.stuckRuns()).toEqual([]);
    await setState(steps, inVain);
    expect(await executor.stuckRuns()).toEqual([runId]);
    await executor.cancel(runId);
    expect(await executor.stuckRuns()).toEqual([]);
  });

  it("is found to be so by the audit where many wait for events and people", async () => {
    const runId = await begin(
      `().parallel("both", {
        events: (flow) => flow.loop("many", { times: 150, concurrency: 150, do: (each) => each.waitForEvent("word", { event: "never" }) }),
        people: (flow) => flow.loop("ask", { times: 150, concurrency: 150, do: (each) => each.approval("boss", { title: "Go on?" }) }),
      })`,
    );
    await executor.pass(HOUR);
    expect(await auditFindings(executor)).toEqual([]);
    await executor.cancel(runId);
  });
});
