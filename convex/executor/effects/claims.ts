/** Claiming ready tasks for a worker: the moment an attempt starts. */
import { type Infer, v } from "convex/values";
import type { Doc, Id } from "../../_generated/dataModel";
import { must } from "../../errors";
import type { MutationCtx, QueryCtx } from "../../functions";
import { readPayload } from "../../model/payloads";
import { openAttempt } from "./attempts";
import { wholeStep } from "../../model/stepFields";
import { EventLog } from "../runs/eventLog";
import { isRunEnded } from "../flow/transitions";
import { slotConcurrency } from "./slots";

export const vClaimedTask = v.object({
  taskId: v.id("tasks"),
  organizationId: v.id("organizations"),
  runId: v.id("workflowRuns"),
  versionId: v.id("workflowVersions"),
  stepKey: v.string(),
  attempt: v.number(),
  kind: v.union(v.literal("http"), v.literal("action")),
  /** JSON text: the request, or the scope of action code. */
  request: v.string(),
  timeoutMs: v.number(),
  /** `httpOptionsOf` of the step. */
  httpOptions: v.union(v.string(), v.null()),
  /** Their values are to be hidden, beside those that the effect asks for. */
  secretNames: v.array(v.string()),
});
export type ClaimedTask = Infer<typeof vClaimedTask>;

/** What one claim hands out stays below what a mutation may return. */
const MAX_CLAIM_BYTES = 4 * 1024 * 1024;

/** Tasks in order of readiness and priority; at most half of the room for one organization while others wait. */
export async function claimTasks(
  ctx: MutationCtx,
  claim: { slot: number; generation: number; room: number; now: number },
): Promise<ClaimedTask[]> {
  if (claim.room <= 0) return [];
  const ready = await ctx.db
    .query("tasks")
    .withIndex("by_slot_and_claimedBy_and_readyAt", (q) =>
      q.eq("slot", claim.slot).eq("claimedBy", null),
    )
    .take(Math.min(claim.room, slotConcurrency()) * 2);
  const runs = new LiveRuns(ctx);
  const claimed: ClaimedTask[] = [];
  const started: Started[] = [];
  let bytes = 0;
  for (const task of inFairOrder(ready, claim.room)) {
    if (claimed.length === claim.room) break;
    const run = await runs.of(task);
    if (run === null) continue;
    const request = await readPayload(ctx, task.request);
    bytes += request.length;
    if (claimed.length > 0 && bytes > MAX_CLAIM_BYTES) break;
    await startAttempt(ctx, task, claim);
    claimed.push(toClaimed(task, request));
    started.push({ task, run });
  }
  await logStarts(ctx, started, claim.now);
  return claimed;
}

type Run = Doc<"workflowRuns">;
type Started = { task: Doc<"tasks">; run: Run };

/** Runs of tasks, each read once. Nothing is handed out of a run that has ended while not all of it could (E6). */
class LiveRuns {
  readonly #ctx: QueryCtx;
  readonly #known = new Map<Id<"workflowRuns">, Run | null>();

  constructor(ctx: QueryCtx) {
    this.#ctx = ctx;
  }

  async of({ runId }: Pick<Doc<"tasks">, "runId">): Promise<Run | null> {
    const known = this.#known.get(runId);
    if (known !== undefined) return known;
    const run = await this.#ctx.db.get("workflowRuns", runId);
    const live = run === null || isRunEnded(run.state) ? null : run;
    this.#known.set(runId, live);
    return live;
  }
}

/** How many wait for a place, as far as there is room. */
export async function countReady(
  ctx: MutationCtx,
  { slot, room }: { slot: number; room: number },
): Promise<number> {
  if (room <= 0) return 0;
  const ready = await ctx.db
    .query("tasks")
    .withIndex("by_slot_and_claimedBy_and_readyAt", (q) =>
      q.eq("slot", slot).eq("claimedBy", null),
    )
    .take(Math.min(room, slotConcurrency()));
  return ready.length;
}

/** A chunk for each run, however many of its tasks were claimed. */
async function logStarts(
  ctx: MutationCtx,
  started: Started[],
  now: number,
): Promise<void> {
  const tasksOfRuns = new Map<Run, Doc<"tasks">[]>();
  for (const { task, run } of started) {
    const others = tasksOfRuns.get(run);
    if (others === undefined) tasksOfRuns.set(run, [task]);
    else others.push(task);
  }
  for (const [run, tasks] of tasksOfRuns)
    await logStartsOf(ctx, run, { tasks, now });
}

async function logStartsOf(
  ctx: MutationCtx,
  run: Run,
  { tasks, now }: { tasks: Doc<"tasks">[]; now: number },
): Promise<void> {
  const log = new EventLog(ctx, run._id);
  const [only, another] = tasks;
  if (only !== undefined && another === undefined) log.continueAfter(only, run);
  for (const { stepKey: key, attempt } of tasks)
    log.add({ type: "attempt", key, attempt, status: "running" });
  if (await log.flush(now, run))
    await ctx.db.patch("workflowRuns", run._id, { isLogShared: true });
}

function inFairOrder<T extends { organizationId: string }>(
  ready: T[],
  room: number,
): T[] {
  const share = Math.ceil(room / 2);
  const taken = new Map<string, number>();
  const first: T[] = [];
  const rest: T[] = [];
  for (const task of ready) {
    const count = taken.get(task.organizationId) ?? 0;
    taken.set(task.organizationId, count + 1);
    (count < share ? first : rest).push(task);
  }
  return [...first, ...rest];
}

/** What was claimed for a worker before it started, if its turn still stands. */
export async function tasksOf(
  ctx: MutationCtx,
  { slot, generation }: { slot: number; generation: number },
): Promise<ClaimedTask[]> {
  const tasks = await ctx.db
    .query("tasks")
    .withIndex("by_slot_and_claimedBy_and_readyAt", (q) =>
      q.eq("slot", slot).eq("claimedBy", generation),
    )
    .take(slotConcurrency());
  const runs = new LiveRuns(ctx);
  const live: Doc<"tasks">[] = [];
  for (const task of tasks) if ((await runs.of(task)) !== null) live.push(task);
  return await withRequests(ctx, live);
}

export async function withRequests(
  ctx: MutationCtx,
  tasks: readonly ClaimedRow[],
): Promise<ClaimedTask[]> {
  return await Promise.all(
    tasks.map(async (task) =>
      toClaimed(task, await readPayload(ctx, task.request)),
    ),
  );
}

async function startAttempt(
  ctx: MutationCtx,
  task: Doc<"tasks">,
  start: { generation: number; now: number },
): Promise<void> {
  const attemptId =
    task.attempt === 1
      ? await startFirst(ctx, task, start)
      : await startAgain(ctx, task, start);
  await ctx.db.patch("tasks", task._id, {
    claimedBy: start.generation,
    attemptId,
    ...afterStart(task),
  });
}

/** Of a step that has not started yet, so its row need not be read; the attempt has none. */
async function startFirst(
  { db }: MutationCtx,
  { stepId }: Doc<"tasks">,
  { now }: { now: number },
): Promise<null> {
  const state = { kind: "running" } as const;
  await db.patch("stepExecutions", stepId, { state, startedAt: now });
  return null;
}

async function startAgain(
  ctx: MutationCtx,
  { stepId, attempt: number }: Doc<"tasks">,
  { now: startedAt }: { now: number },
): Promise<Id<"stepAttempts">> {
  const row = await ctx.db.get("stepExecutions", stepId);
  const step = wholeStep(must(row, `step execution ${stepId}`));
  await ctx.db.patch("stepExecutions", stepId, {
    state: { kind: "running" },
    startedAt: step.startedAt ?? startedAt,
  });
  const { input } = step;
  return await openAttempt(ctx, { stepId, number, startedAt, input });
}

/** Its start is one event, if it is claimed alone of its run; else the run is marked. */
function afterStart({ nextEvent }: Doc<"tasks">) {
  return nextEvent === undefined ? {} : { nextEvent: nextEvent + 1 };
}

type ClaimedRow = Omit<Doc<"tasks">, "_creationTime">;

function toClaimed(task: ClaimedRow, request: string): ClaimedTask {
  const { _id: taskId, organizationId, runId, versionId, stepKey } = task;
  const { attempt, kind, timeoutMs, httpOptions } = task;
  const where = { organizationId, runId, versionId, stepKey };
  const what = { attempt, kind, timeoutMs, httpOptions, request };
  return { taskId, ...where, ...what, secretNames: task.secretNames ?? [] };
}
