import {
  paginationOptsValidator,
  paginationResultValidator,
} from "convex/server";
import { v } from "convex/values";
import type { Doc } from "./_generated/dataModel";
import { must } from "./errors";
import { cancelRun } from "./executor/runs/cancelRun";
import { explainRun } from "./executor/runs/explain";
import { replayRun } from "./executor/replay/replay";
import { replayPlanOf } from "./executor/replay/replayPlan";
import { checkedKey, checkedPriority } from "./executor/queue/flowKeys";
import { startQueued } from "./executor/queue/promotion";
import { startedOf, startRun, vStartOutcome } from "./executor/runs/startRun";
import { mutation, query, type QueryCtx } from "./functions";
import { findRole, requireRun, requireWorkflow, visible } from "./model/access";
import { requireCapacity } from "./model/rateLimits";
import { checkedInput, requireStartable, toRunSummary } from "./model/runs";
import { vRole } from "./validators/organizations";
import {
  vReplayEffect,
  vReplayVersion,
  vReusedStep,
} from "./validators/replays";
import { vExplanationPart, vRunStatus, vRunSummary } from "./validators/runs";
import { vPayloadRef, vStepError } from "./validators/steps";

const vStarted = v.object({
  runId: v.id("workflowRuns"),
  number: v.number(),
  /** `existing`: an earlier start had the same key. `debounced`: it joined a run that has not started. */
  outcome: vStartOutcome,
});

/**
 * Starts the published version. `input` is JSON text. A second start with the same `idempotencyKey` gives the first
 * one's run. `priority` is from -100 to 100: higher ones start first.
 */
export const create = mutation({
  args: {
    workflowId: v.id("workflows"),
    input: v.string(),
    idempotencyKey: v.optional(v.string()),
    priority: v.optional(v.number()),
  },
  returns: vStarted,
  handler: async (ctx, args) => {
    const { workflow, access } = await requireWorkflow(
      ctx,
      args.workflowId,
      "operate",
    );
    await requireCapacity(ctx, "startRun", workflow.organizationId);
    const version = await requireStartable(ctx, workflow);
    const input = checkedInput(version, args.input);
    const startedBy = { kind: "manual" as const, label: access.name };
    const { idempotencyKey, priority } = args;
    return startedOf(
      await startRun(ctx, {
        workflow,
        version,
        input,
        startedBy,
        onRefusal: "throw",
        ...(idempotencyKey === undefined
          ? {}
          : { idempotencyKey: checkedKey(idempotencyKey, "idempotencyKey") }),
        ...(priority === undefined
          ? {}
          : { priority: checkedPriority(priority) }),
      }),
    );
  },
});

/** Newest first; empty for people outside the organization. */
export const list = query({
  args: {
    organizationId: v.id("organizations"),
    workflowId: v.optional(v.id("workflows")),
    status: v.optional(vRunStatus),
    /** Only tests, or none; all runs when it is left out. */
    isTest: v.optional(v.boolean()),
    paginationOpts: paginationOptsValidator,
  },
  returns: paginationResultValidator(vRunSummary),
  handler: async (ctx, { paginationOpts, ...filter }) => {
    if ((await findRole(ctx, filter.organizationId)) === null)
      return { page: [], isDone: true, continueCursor: "" };
    const { isTest, ...rest } = filter;
    const result = await (
      isTest === undefined
        ? runsMatching(ctx, rest)
        : runsByTest(ctx, { ...rest, isTest })
    )
      .order("desc")
      .paginate(paginationOpts);
    return {
      ...result,
      page: result.page
        .filter(
          ({ organizationId }) => organizationId === filter.organizationId,
        )
        .map(toRunSummary),
    };
  },
});

type RunFilter = {
  organizationId: Doc<"workflowRuns">["organizationId"];
  workflowId?: Doc<"workflowRuns">["workflowId"];
  status?: Doc<"workflowRuns">["state"]["kind"];
};

function runsMatching(ctx: QueryCtx, filter: RunFilter) {
  const { organizationId, workflowId, status } = filter;
  const runs = ctx.db.query("workflowRuns");
  if (workflowId !== undefined)
    return status === undefined
      ? runs.withIndex("by_workflowId", (q) => q.eq("workflowId", workflowId))
      : runs.withIndex("by_workflowId_and_state", (q) =>
          q.eq("workflowId", workflowId).eq("state.kind", status),
        );
  return status === undefined
    ? runs.withIndex("by_organizationId", (q) =>
        q.eq("organizationId", organizationId),
      )
    : runs.withIndex("by_organizationId_and_state", (q) =>
        q.eq("organizationId", organizationId).eq("state.kind", status),
      );
}

/** Of a status: of all tests, or all others, in order; there are few indexes for what is rarely asked. */
function runsByTest(ctx: QueryCtx, filter: RunFilter & { isTest: boolean }) {
  const { organizationId, workflowId, status } = filter;
  const isTest = filter.isTest ? true : undefined;
  const runs = ctx.db.query("workflowRuns");
  const found =
    workflowId === undefined
      ? runs.withIndex("by_organizationId_and_isTest", (q) =>
          q.eq("organizationId", organizationId).eq("isTest", isTest),
        )
      : runs.withIndex("by_workflowId_and_isTest", (q) =>
          q.eq("workflowId", workflowId).eq("isTest", isTest),
        );
  return status === undefined
    ? found
    : // eslint-disable-next-line @convex-dev/no-filter-in-query
      found.filter((q) => q.eq(q.field("state.kind"), status));
}

export const get = query({
  args: { runId: v.string() },
  returns: v.union(
    v.object({
      ...vRunSummary.fields,
      organizationId: v.id("organizations"),
      input: vPayloadRef,
      output: v.union(vPayloadRef, v.null()),
      error: v.union(vStepError, v.null()),
      role: vRole,
    }),
    v.null(),
  ),
  handler: async (ctx, args) => {
    const runId = ctx.db.normalizeId("workflowRuns", args.runId);
    if (runId === null) return null;
    const found = await visible(ctx, await ctx.db.get("workflowRuns", runId));
    if (found === null) return null;
    const { organizationId, input, output, error } = found.row;
    return {
      ...toRunSummary(found.row),
      organizationId,
      input: must(input, `input of run ${runId}`),
      output,
      error,
      role: found.role,
    };
  },
});

/** Why the run is where it is, and what will move it; null when there is none or no access. */
export const explain = query({
  args: { runId: v.id("workflowRuns") },
  returns: v.union(v.array(vExplanationPart), v.null()),
  handler: async (ctx, { runId }) => {
    const found = await visible(ctx, await ctx.db.get("workflowRuns", runId));
    return found === null ? null : await explainRun(ctx, found.row);
  },
});

export const cancel = mutation({
  args: { runId: v.id("workflowRuns") },
  returns: v.null(),
  handler: async (ctx, { runId }) => {
    const { run, access } = await requireRun(ctx, runId, "operate");
    await cancelRun(ctx, run, access.name);
    return null;
  },
});

/** Begins a run that waits in a queue now, whatever the limits are. */
export const startNow = mutation({
  args: { runId: v.id("workflowRuns") },
  returns: v.null(),
  handler: async (ctx, { runId }) => {
    const { run } = await requireRun(ctx, runId, "operate");
    await startQueued(ctx, run);
    return null;
  },
});

/**
 * A new run with the same or an edited input (JSON text), on the version that ran or on the one that is published now;
 * `fromStep` is the key of a step: the steps before it are reused.
 */
export const replay = mutation({
  args: {
    runId: v.id("workflowRuns"),
    version: vReplayVersion,
    input: v.optional(v.string()),
    fromStep: v.optional(v.string()),
  },
  returns: vStarted,
  handler: async (ctx, { runId, ...wanted }) => {
    const { run, access } = await requireRun(ctx, runId, "operate");
    await requireCapacity(ctx, "startRun", run.organizationId);
    return await replayRun(ctx, run, { ...wanted, by: access.name });
  },
});

/** What a replay would reuse and do again, or why it is not possible; null without access to the run. */
export const replayPlan = query({
  args: {
    runId: v.id("workflowRuns"),
    version: vReplayVersion,
    fromStep: v.optional(v.string()),
  },
  returns: v.union(
    v.object({
      kind: v.literal("possible"),
      versionId: v.id("workflowVersions"),
      versionNumber: v.number(),
      reused: v.array(vReusedStep),
      effects: v.array(vReplayEffect),
    }),
    v.object({
      kind: v.literal("impossible"),
      code: v.string(),
      message: v.string(),
    }),
    v.null(),
  ),
  handler: async (ctx, { runId, ...wanted }) => {
    const run = await visible(ctx, await ctx.db.get("workflowRuns", runId));
    return run === null ? null : await replayPlanOf(ctx, run.row, wanted);
  },
});
