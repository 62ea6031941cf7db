import {
  paginationOptsValidator,
  paginationResultValidator,
} from "convex/server";
import { v } from "convex/values";
import type { Doc, Id } from "./_generated/dataModel";
import { notFound } from "./errors";
import { isIterationKey } from "./executor/flow/keys";
import * as controls from "./executor/flow/stepControls";
import { mutation, query, type MutationCtx, type QueryCtx } from "./functions";
import type { Graph } from "./language/graph";
import { requireRun, visible } from "./model/access";
import { graphOf, versionOf } from "./model/keptVersions";
import { type WholeStep, wholeStep } from "./model/stepFields";
import { ownAttempt, toStepRow } from "./model/stepRows";
import { vAttemptRow, vStepRow } from "./validators/steps";

const MAX_STEPS = 1000;
const MAX_ATTEMPTS = 200;

/** Every step outside loop bodies, by sequence; at most 1,000. */
export const listByRun = query({
  args: { runId: v.id("workflowRuns") },
  returns: v.array(vStepRow),
  handler: async (ctx, { runId }) => {
    const seen = await visible(ctx, await ctx.db.get("workflowRuns", runId));
    if (seen === null) return [];
    const steps = await stepsIn(ctx, runId, "").take(MAX_STEPS);
    const graph = await graphOfRun(ctx, seen.row);
    return steps.map((step) => toStepRow(step, graph));
  },
});

/** The iterations of a loop, or every step in an iteration that is not in a loop inside it. */
export const listChildren = query({
  args: {
    runId: v.id("workflowRuns"),
    parentKey: v.string(),
    paginationOpts: paginationOptsValidator,
  },
  returns: paginationResultValidator(vStepRow),
  handler: async (ctx, { runId, parentKey, paginationOpts }) => {
    const seen = await visible(ctx, await ctx.db.get("workflowRuns", runId));
    if (seen === null) return { page: [], isDone: true, continueCursor: "" };
    const scope = isIterationKey(parentKey) ? parentKey : `${parentKey}[]`;
    const result = await stepsIn(ctx, runId, scope).paginate(paginationOpts);
    const graph = await graphOfRun(ctx, seen.row);
    return { ...result, page: result.page.map((row) => toStepRow(row, graph)) };
  },
});

async function graphOfRun(
  ctx: QueryCtx,
  { versionId }: Doc<"workflowRuns">,
): Promise<Graph> {
  return graphOf(await versionOf(ctx, versionId));
}

function stepsIn(ctx: QueryCtx, runId: Id<"workflowRuns">, scope: string) {
  return ctx.db
    .query("stepExecutions")
    .withIndex("by_runId_and_scope_and_sequence", (q) =>
      q.eq("runId", runId).eq("scope", scope),
    );
}

/** Oldest first. A pure step has one attempt: its own row. */
export const listAttempts = query({
  args: { stepId: v.id("stepExecutions") },
  returns: v.array(vAttemptRow),
  handler: async (ctx, { stepId }) => {
    const step = await ctx.db.get("stepExecutions", stepId);
    if (step === null) return [];
    if (
      (await visible(ctx, await ctx.db.get("workflowRuns", step.runId))) ===
      null
    )
      return [];
    const attempts = await ctx.db
      .query("stepAttempts")
      .withIndex("by_stepId_and_number", (q) => q.eq("stepId", stepId))
      .take(MAX_ATTEMPTS);
    if (attempts.length === 0) return ownAttempt(step);
    return attempts.map(
      ({ _creationTime, stepId: _, logs: _logs, ...row }) => row,
    );
  },
});

/** Skips the backoff. */
export const retryNow = mutation({
  args: { stepId: v.id("stepExecutions") },
  returns: v.null(),
  handler: async (ctx, { stepId }) => {
    const { step, by } = await operableStep(ctx, stepId);
    await controls.retryNow(ctx, step, by);
    return null;
  },
});

export const skipDelay = mutation({
  args: { stepId: v.id("stepExecutions") },
  returns: v.null(),
  handler: async (ctx, { stepId }) => {
    const { step, by } = await operableStep(ctx, stepId);
    await controls.skipDelay(ctx, step, by);
    return null;
  },
});

async function operableStep(
  ctx: MutationCtx,
  stepId: Id<"stepExecutions">,
): Promise<{ step: WholeStep; by: string }> {
  const row = await ctx.db.get("stepExecutions", stepId);
  if (row === null) throw notFound("step");
  const { access } = await requireRun(ctx, row.runId, "operate");
  return { step: wholeStep(row), by: access.name };
}
