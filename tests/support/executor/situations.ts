/** A run, its one step and its task in each of their states, and everything that can happen to them. */
import { SILENCE } from "../../../convex/executor/effects/stepOutput";
import { ConvexError } from "convex/values";
import { api, internal } from "../../../convex/_generated/api";
import type { Doc, Id } from "../../../convex/_generated/dataModel";
import type { RunId } from "./executor-harness";
import { present } from "./present";
import {
  completedWith,
  failedWith,
  type Result,
  type StagedExecutor,
} from "./staged-executor";

const HOURS = 2 * 3_600_000;
const HTTP = `.http("step", {
  request: () => ({ url: "https://example.com" }),
  retry: { maxAttempts: 9, backoff: "fixed", initialDelay: "1h", maxDelay: "1h" },
})`;
const EFFECT = `()${HTTP}`;
const FAILING = `({ onFailure: (flow) => flow${HTTP} }).fail("step", "no")`;

export type Situation = {
  executor: StagedExecutor;
  runId: RunId;
  /** The first, which may be gone. */
  taskId: Id<"tasks"> | null;
  generation: number;
};

type Make = (executor: StagedExecutor) => Promise<Situation>;
type Happen = (situation: Situation) => Promise<unknown>;

async function begun(
  executor: StagedExecutor,
  chain: string,
): Promise<Situation> {
  const runId = await executor.publishAndStart(chain);
  await executor.pass();
  const tasks = await executor.rows("tasks");
  const task = tasks.find((row) => row.runId === runId);
  const { generation } = executor;
  return { executor, runId, taskId: task?._id ?? null, generation };
}

const claimedOf =
  (chain: string): Make =>
  async (executor) => {
    const situation = await begun(executor, chain);
    await executor.claim(1_000);
    return situation;
  };
const claimed = claimedOf(EFFECT);

const reported =
  (result: Result): Make =>
  async (executor) => {
    const situation = await claimed(executor);
    await report(result)(situation);
    return situation;
  };

const cancelled: Make = async (executor) => {
  const situation = await claimed(executor);
  await EVENTS.cancel(situation);
  return situation;
};

const asleep: Make = (executor) => begun(executor, `().delay("step", "1h")`);

export const STEP_STATES = {
  pending: (executor) => begun(executor, EFFECT),
  running: claimed,
  "waiting for a delay": asleep,
  "waiting for an event": (executor) =>
    begun(executor, `().waitForEvent("step", { event: "x", timeout: "1h" })`),
  "waiting for an approval": (executor) =>
    begun(executor, `().approval("step", { title: "?", timeout: "1h" })`),
  retrying: reported(failedWith(true)),
  completed: reported(completedWith(1)),
  failed: reported(failedWith(false)),
  cancelled,
} satisfies Record<string, Make>;

/** Behind one that sleeps, which is there since the first time. */
const queued: Make = async (executor) => {
  const chain = `({ concurrency: { limit: 1 } }).delay("step", "300d")`;
  const situation = await begun(executor, chain);
  const { state } = await executor.run(situation.runId);
  return state.kind === "queued" ? situation : await begun(executor, chain);
};

export const RUN_STATES = {
  queued,
  running: claimed,
  waiting: asleep,
  failing: claimedOf(FAILING),
  completed: reported(completedWith(1)),
  failed: reported(failedWith(false)),
  cancelled,
} satisfies Record<string, Make>;

export const TASK_STATES = {
  ready: (executor) => begun(executor, EFFECT),
  claimed,
  gone: reported(completedWith(1)),
} satisfies Record<string, Make>;

function report(result: Result, change: object = {}): Happen {
  return async ({ executor, taskId }) => {
    if (taskId === null) return;
    const reports = [{ taskId, result, output: SILENCE }];
    await executor.exchange({ reports, ...change });
  };
}

const nameOfStep = async ({ executor, runId }: Situation) =>
  present((await executor.steps(runId)).get("step"));

export const EVENTS = {
  claim: ({ executor }) => executor.claim(1_000),
  result: report(completedWith(2)),
  error: report(failedWith(true)),
  "final error": report(failedWith(false)),
  "old worker's result": (situation) =>
    report(completedWith(3), { generation: situation.generation - 1 })(
      situation,
    ),
  "worker dies": ({ executor }) => executor.killWorker(),
  "time passes": ({ executor }) => executor.pass(HOURS),
  skip: async ({ executor, runId }) => {
    const step = (await executor.steps(runId)).get("step");
    if (step === undefined) return;
    const { key: stepKey } = step;
    await executor.owner.mutation(api.stepExecutions.skipDelay, {
      runId,
      stepKey,
    });
  },
  "retry now": async (situation) =>
    await situation.executor.owner.mutation(api.stepExecutions.retryNow, {
      runId: situation.runId,
      stepKey: (await nameOfStep(situation)).key,
    }),
  event: async ({ executor, runId }) => {
    const { owner } = executor;
    await owner.mutation(api.events.sendToRun, {
      runId,
      name: "x",
      data: "{}",
    });
    await executor.pass();
  },
  vote: async ({ executor, runId }) => {
    const approvals = await executor.rows("approvals");
    const approval = approvals.find((row) => row.runId === runId);
    if (approval === undefined) return;
    await executor.owner.mutation(api.approvals.decide, {
      approvalId: approval._id,
      approved: true,
    });
  },
  "run timeout": ({ executor, runId }) =>
    executor.t.mutation(internal.executor.timers.fire, {
      runId,
      timer: { kind: "runTimeout" },
    }),
  resume: ({ executor, runId }) =>
    executor.t.mutation(internal.executor.timers.resume, { runId }),
  abandon: async ({ executor, taskId, generation }) => {
    if (taskId === null) return;
    const lane = { slot: 0, generation, taskId };
    await executor.t.mutation(internal.executor.exchange.abandon, lane);
  },
  cancel: async ({ executor, runId }) =>
    await executor.owner.mutation(api.workflowRuns.cancel, { runId }),
} satisfies Record<string, Happen>;

export type EventName = keyof typeof EVENTS;

export async function stepStateOf(situation: Situation): Promise<string> {
  return stepLabel((await nameOfStep(situation)).state);
}

function stepLabel(state: Doc<"stepExecutions">["state"]): string {
  if (state.kind !== "waiting") return state.kind;
  return `waiting for ${state.for === "delay" ? "a" : "an"} ${state.for}`;
}

export async function runStateOf({
  executor,
  runId,
}: Situation): Promise<string> {
  const { state, endedAt, failing } = await executor.run(runId);
  return endedAt === null && failing !== undefined ? "failing" : state.kind;
}

/** Of the task of the step's attempt, whichever that is. */
export async function taskStateOf({
  executor,
  runId,
}: Situation): Promise<string> {
  const tasks = await executor.rows("tasks");
  const task = tasks.find((row) => row.runId === runId);
  if (task === undefined) return "gone";
  return task.claimedBy === null ? "ready" : "claimed";
}

/** What an event did: the new state, the code of the refusal, or nothing. */
export async function outcomeOf(
  situation: Situation,
  event: EventName,
  stateOf: (situation: Situation) => Promise<string>,
): Promise<string> {
  const before = await stateOf(situation);
  try {
    await EVENTS[event](situation);
  } catch (error) {
    if (error instanceof ConvexError)
      return (error.data as { code: string }).code;
    throw error;
  }
  const after = await stateOf(situation);
  return after === before ? "–" : `→ ${after}`;
}

/** So that it is not in the way of the next. */
export async function clearUp({ executor, runId }: Situation): Promise<void> {
  if ((await executor.run(runId)).endedAt === null)
    await executor.owner.mutation(api.workflowRuns.cancel, { runId });
}
