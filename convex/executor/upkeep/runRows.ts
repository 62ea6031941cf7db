/** The rows of one run, as the audit reads them: few enough for one transaction. */
import type { Doc } from "../../_generated/dataModel";
import type { QueryCtx } from "../../functions";
import { graphOf } from "../../model/keptVersions";
import { type WholeStep, wholeStep } from "../../model/stepFields";
import { firstByKey } from "../../model/stepReads";
import { isRunEnded } from "../flow/transitions";
import { GRACE_MS } from "../runs/movers";
import { findEnding } from "../runs/runEndings";
import type { RunRows } from "./runCheck";

/** Of a longer run only the active steps are looked at. */
const MAX_STEPS = 800;
const ACTIVE = ["pending", "running", "waiting", "retrying"] as const;

type Run = Doc<"workflowRuns">;
type Step = WholeStep;

export async function rowsOfRun(
  ctx: QueryCtx,
  run: Run,
  version: Doc<"workflowVersions">,
): Promise<RunRows> {
  const all = await firstByKey(ctx, run._id, { limit: MAX_STEPS });
  const isWhole = all.length <= MAX_STEPS;
  const steps = isWhole ? all : await activeSteps(ctx, run);
  const children = await childrenOf(ctx, steps);
  return {
    run,
    graph: graphOf(version),
    steps,
    isWhole,
    tasks: await tasksOf(ctx, run),
    waits: await waitsOf(ctx, run),
    approvals: await openApprovals(ctx, run),
    attempts: isRunEnded(run.state) ? await lastAttempts(ctx, steps) : [],
    isEnding: (await findEnding(ctx, run._id)) !== null,
    // Whether somebody does is looked after each minute (`repairs.ts`).
    isResumed: true,
    hasTimer: (_, dueAt) => Date.now() - dueAt < GRACE_MS,
    isDelivered: ({ matchedAt }) => isRecent(matchedAt ?? 0),
    hasChild: (step) => children.has(step._id),
  };
}

function isRecent(at: number): boolean {
  return Date.now() - at < GRACE_MS;
}

async function activeSteps(ctx: QueryCtx, { _id }: Run): Promise<Step[]> {
  const found = await Promise.all(
    ACTIVE.map((kind) =>
      ctx.db
        .query("stepExecutions")
        .withIndex("by_runId_and_state", (q) =>
          q.eq("runId", _id).eq("state.kind", kind),
        )
        .take(MAX_STEPS / ACTIVE.length),
    ),
  );
  return found.flat().map(wholeStep);
}

async function tasksOf(ctx: QueryCtx, { _id }: Run): Promise<Doc<"tasks">[]> {
  return await ctx.db
    .query("tasks")
    .withIndex("by_runId_and_stepId", (q) => q.eq("runId", _id))
    .take(MAX_STEPS);
}

async function waitsOf(
  ctx: QueryCtx,
  { _id }: Run,
): Promise<Doc<"openWaits">[]> {
  return await ctx.db
    .query("openWaits")
    .withIndex("by_runId_and_stepKey", (q) => q.eq("runId", _id))
    .take(MAX_STEPS);
}

async function openApprovals(
  ctx: QueryCtx,
  { _id }: Run,
): Promise<Doc<"approvals">[]> {
  return await ctx.db
    .query("approvals")
    .withIndex("by_runId_and_outcome", (q) =>
      q.eq("runId", _id).eq("outcome", null),
    )
    .take(MAX_STEPS);
}

/** Of effects; only the last attempt of one can be active. */
async function lastAttempts(
  ctx: QueryCtx,
  steps: Step[],
): Promise<Doc<"stepAttempts">[]> {
  const effects = steps.filter(
    ({ kind }) => kind === "http" || kind === "action",
  );
  const found = await Promise.all(
    effects.map(({ _id }) =>
      ctx.db
        .query("stepAttempts")
        .withIndex("by_stepId_and_number", (q) => q.eq("stepId", _id))
        .order("desc")
        .first(),
    ),
  );
  return found.filter((row) => row !== null);
}

/** Steps that wait for a run that has not ended, or whose start or end is on its way. */
async function childrenOf(
  ctx: QueryCtx,
  steps: Step[],
): Promise<Set<Step["_id"]>> {
  const found = new Set<Step["_id"]>();
  for (const { _id, state, attempt, childRun, createdAt } of steps) {
    if (state.kind !== "waiting" || state.for !== "run") continue;
    const child =
      childRun?.attempt === attempt
        ? await ctx.db.get("workflowRuns", childRun.runId)
        : null;
    const since = child === null ? createdAt : (child.endedAt ?? Date.now());
    if (isRecent(since)) found.add(_id);
  }
  return found;
}
