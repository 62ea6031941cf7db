import {
  paginationOptsValidator,
  paginationResultValidator,
} from "convex/server";
import { type ObjectType, v } from "convex/values";
import type { Doc } from "./_generated/dataModel";
import { notFound } from "./errors";
import { isIterationKey } from "./executor/flow/keys";
import * as controls from "./executor/flow/stepControls";
import { mutation, query, type MutationCtx, type QueryCtx } from "./functions";
import type { Graph } from "./language/graph";
import { requireRun, visible } from "./model/access";
import { graphOf, versionOf } from "./model/keptVersions";
import type { WholeStep } from "./model/stepFields";
import { firstInScope, pageOfScope, stepAt } from "./model/stepReads";
import { ownAttempt, toStepRow } from "./model/stepRows";
import { vAttemptRow, vStepRow } from "./validators/steps";

const MAX_STEPS = 1000;
const MAX_ATTEMPTS = 200;
const ofStep = { runId: v.id("workflowRuns"), stepKey: v.string() };

/** Every step outside loop bodies, by sequence; at most 1,000. */
export const listByRun = query({
  args: { runId: v.id("workflowRuns") },
  returns: v.array(vStepRow),
  handler: async (ctx, { runId }) => {
    const seen = await visible(ctx, await ctx.db.get("workflowRuns", runId));
    if (seen === null) return [];
    const steps = await firstInScope(ctx, runId, "", MAX_STEPS);
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
    const page = paginationOpts;
    const result = await pageOfScope(ctx, runId, { scope, page });
    const graph = await graphOfRun(ctx, seen.row);
    return {
      ...result,
      page: result.page.map((step) => toStepRow(step, graph)),
    };
  },
});

async function graphOfRun(
  ctx: QueryCtx,
  { versionId }: Doc<"workflowRuns">,
): Promise<Graph> {
  return graphOf(await versionOf(ctx, versionId));
}

/** Oldest first. A pure step has one attempt: the step itself. */
export const listAttempts = query({
  args: ofStep,
  returns: v.array(vAttemptRow),
  handler: async (ctx, { runId, stepKey }) => {
    const seen = await visible(ctx, await ctx.db.get("workflowRuns", runId));
    const step = seen && (await stepAt(ctx, runId, stepKey));
    if (step === null) return [];
    const attempts = await ctx.db
      .query("stepAttempts")
      .withIndex("by_stepId_and_number", (q) => q.eq("stepId", step._id))
      .take(MAX_ATTEMPTS);
    if (attempts.length === 0) return ownAttempt(step);
    return attempts.map(
      ({ _id, _creationTime, stepId: _, logs: _logs, ...row }) => row,
    );
  },
});

/** Skips the backoff. */
export const retryNow = mutation({
  args: ofStep,
  returns: v.null(),
  handler: async (ctx, of) => {
    const { step, by } = await operableStep(ctx, of);
    await controls.retryNow(ctx, step, by);
    return null;
  },
});

export const skipDelay = mutation({
  args: ofStep,
  returns: v.null(),
  handler: async (ctx, of) => {
    const { step, by } = await operableStep(ctx, of);
    await controls.skipDelay(ctx, step, by);
    return null;
  },
});

async function operableStep(
  ctx: MutationCtx,
  { runId, stepKey }: ObjectType<typeof ofStep>,
): Promise<{ step: WholeStep; by: string }> {
  const { access } = await requireRun(ctx, runId, "operate");
  const step = await stepAt(ctx, runId, stepKey);
  if (step === null) throw notFound("step");
  return { step, by: access.name };
}
