/** Claiming ready tasks for a worker: the moment an attempt starts. */
import { type Infer, v } from "convex/values";
import type { Doc, Id } from "../../_generated/dataModel";
import { must } from "../../errors";
import type { MutationCtx } from "../../functions";
import { readPayload } from "../../model/payloads";
import { claimAttempt } from "./attempts";
import { wholeStep } from "../../model/stepFields";
import { EventLog } from "../runs/eventLog";
import { withoutEnding } from "../runs/runEndings";
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
  const wanted = await withoutEnding(ctx, ready);
  const claimed: ClaimedTask[] = [];
  const started: Doc<"tasks">[] = [];
  let bytes = 0;
  for (const task of shareFairly(wanted, claim.room)) {
    const request = await readPayload(ctx, task.request);
    bytes += request.length;
    if (claimed.length > 0 && bytes > MAX_CLAIM_BYTES) break;
    claimed.push(await startAttempt(ctx, task, { ...claim, request }));
    started.push(task);
  }
  await logStarts(ctx, started, claim.now);
  return claimed;
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
  started: Doc<"tasks">[],
  now: number,
): Promise<void> {
  const byRun = new Map<Id<"workflowRuns">, Doc<"tasks">[]>();
  for (const task of started)
    byRun.set(task.runId, [...(byRun.get(task.runId) ?? []), task]);
  for (const [runId, tasks] of byRun)
    await logStartsOf(ctx, runId, { tasks, now });
}

async function logStartsOf(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
  { tasks, now }: { tasks: Doc<"tasks">[]; now: number },
): Promise<void> {
  const run = must(await ctx.db.get("workflowRuns", runId), `run ${runId}`);
  const log = new EventLog(ctx, runId);
  const [only, another] = tasks;
  if (only !== undefined && another === undefined) log.continueAfter(only, run);
  for (const { stepKey: key, attempt } of tasks)
    log.add({ type: "attempt", key, attempt, status: "running" });
  if (await log.flush(now, run))
    await ctx.db.patch("workflowRuns", runId, { isLogShared: true });
}

export function shareFairly<T extends { organizationId: string }>(
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
  return [...first, ...rest].slice(0, room);
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
  return await withRequests(ctx, await withoutEnding(ctx, tasks));
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
  start: { generation: number; now: number; request: string },
): Promise<ClaimedTask> {
  const { now } = start;
  const row = await ctx.db.get("stepExecutions", task.stepId);
  if (row === null) throw new Error(`Task ${task._id} has no step execution`);
  const step = wholeStep(row);
  await ctx.db.patch("stepExecutions", step._id, {
    state: { kind: "running" },
    startedAt: step.startedAt ?? now,
  });
  const attemptId = await claimAttempt(ctx, {
    stepId: task.stepId,
    number: task.attempt,
    startedAt: now,
    input: step.input,
  });
  await ctx.db.patch("tasks", task._id, {
    claimedBy: start.generation,
    attemptId,
    ...afterStart(task),
  });
  return toClaimed(task, start.request);
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
