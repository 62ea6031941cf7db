import { type Infer, v } from "convex/values";
import type { Doc, Id } from "./_generated/dataModel";
import { notFound, userError } from "./errors";
import { isForEnded, workSoon } from "./executor/bulkWork";
import { isRunEnded } from "./executor/flow/transitions";
import { mutation, query, type QueryCtx } from "./functions";
import { findRole, requireOrganization } from "./model/access";
import { candidates, isMatch } from "./model/runFilter";
import { type BulkJob, vBulkAction, vBulkJob } from "./validators/bulkJobs";
import { vRunFilter } from "./validators/runs";

const MAX_CHOSEN = 500;
const MAX_COUNTED = 10_000;
const RECENT = 5;

/** Runs one by one, or all that a filter matches. */
const vSelection = v.union(
  v.object({
    kind: v.literal("runs"),
    runIds: v.array(v.id("workflowRuns")),
  }),
  v.object({ kind: v.literal("filter"), filter: vRunFilter }),
);

/** How many runs a job would handle if it started now. Looks at the first 10,000 candidates. */
export const count = query({
  args: {
    organizationId: v.id("organizations"),
    action: v.union(v.literal("cancel"), v.literal("replay")),
    selection: vSelection,
  },
  returns: v.object({
    eligible: v.number(),
    /** They match, and have ended already (or not yet, for a replay). */
    notEligible: v.number(),
    /** Of those eligible; their approvals would be withdrawn. */
    waitingForApproval: v.number(),
    /** There are more candidates than were looked at. */
    hasMore: v.boolean(),
  }),
  handler: async (ctx, { organizationId, action, selection }) => {
    if ((await findRole(ctx, organizationId)) === null)
      throw notFound("organization");
    const { runs, hasMore } = await selected(ctx, organizationId, selection);
    const eligible = runs.filter(
      ({ state }) => isRunEnded(state) === isForEnded(action),
    );
    return {
      eligible: eligible.length,
      notEligible: runs.length - eligible.length,
      waitingForApproval: eligible.filter(isWaitingForApproval).length,
      hasMore,
    };
  },
});

async function selected(
  ctx: QueryCtx,
  organizationId: Id<"organizations">,
  selection: Infer<typeof vSelection>,
): Promise<{ runs: Doc<"workflowRuns">[]; hasMore: boolean }> {
  if (selection.kind === "runs") {
    const runs = await chosen(ctx, organizationId, selection.runIds);
    return { runs, hasMore: false };
  }
  const wanted = { organizationId, filter: selection.filter };
  const found = await candidates(ctx, wanted, Date.now()).take(MAX_COUNTED);
  const runs = found.filter((run) => isMatch(run, wanted));
  return { runs, hasMore: found.length === MAX_COUNTED };
}

/** Throws when there are too many, or one is not the organization's. */
async function chosen(
  ctx: QueryCtx,
  organizationId: Id<"organizations">,
  runIds: readonly Id<"workflowRuns">[],
): Promise<Doc<"workflowRuns">[]> {
  requireFew(runIds.length);
  return await Promise.all(
    [...new Set(runIds)].map(async (runId) => {
      const run = await ctx.db.get("workflowRuns", runId);
      if (run?.organizationId !== organizationId) throw notFound("run");
      return run;
    }),
  );
}

function isWaitingForApproval({ state }: Doc<"workflowRuns">): boolean {
  return state.kind === "waiting" && state.for === "approval";
}

/** `expected` is what `count` said, for the progress bar. Runs created from now on are not meant. */
export const start = mutation({
  args: {
    organizationId: v.id("organizations"),
    action: vBulkAction,
    selection: vSelection,
    expected: v.number(),
  },
  returns: v.id("bulkJobs"),
  handler: async (ctx, { organizationId, action, selection, expected }) => {
    const access = await requireOrganization(ctx, organizationId, "operate");
    const isChosen = selection.kind === "runs";
    const runs = isChosen
      ? await chosen(ctx, organizationId, selection.runIds)
      : [];
    const now = Date.now();
    const nothing = { done: 0, skipped: 0, failed: 0, portion: 0, repairs: 0 };
    const jobId = await ctx.db.insert("bulkJobs", {
      ...nothing,
      organizationId,
      userId: access.userId,
      startedBy: access.name,
      action,
      filter: isChosen ? null : selection.filter,
      until: now,
      state: { kind: "running" },
      endedAt: null,
      expected,
      failures: [],
      queue: runs.map(({ _id }) => _id),
      cursor: null,
      isSearched: isChosen,
      portionAt: now,
    });
    await workSoon(ctx, { _id: jobId, portion: 0 });
    return jobId;
  },
});

function requireFew(count: number): void {
  if (count <= MAX_CHOSEN) return;
  throw userError(
    "invalid_argument",
    `${count} runs are chosen one by one; at most ${MAX_CHOSEN} can be. Use a filter for more.`,
    { field: "selection" },
  );
}

/** What it has done stays done. */
export const stop = mutation({
  args: { jobId: v.id("bulkJobs") },
  returns: v.null(),
  handler: async (ctx, { jobId }) => {
    const job = await ctx.db.get("bulkJobs", jobId);
    if (job === null) throw notFound("bulk job");
    const { organizationId, state } = job;
    const { name } = await requireOrganization(
      ctx,
      organizationId,
      "operate",
      "bulk job",
    );
    if (state.kind !== "running")
      throw userError("already_ended", "The job has already ended.");
    await ctx.db.patch("bulkJobs", jobId, {
      state: { kind: "stopped", reason: `${name} stopped it.` },
      endedAt: Date.now(),
      queue: [],
    });
    return null;
  },
});

/** The last few, newest first; empty for people outside the organization. */
export const listRecent = query({
  args: { organizationId: v.id("organizations") },
  returns: v.array(vBulkJob),
  handler: async (ctx, { organizationId }) => {
    if ((await findRole(ctx, organizationId)) === null) return [];
    const jobs = await ctx.db
      .query("bulkJobs")
      .withIndex("by_organizationId", (q) =>
        q.eq("organizationId", organizationId),
      )
      .order("desc")
      .take(RECENT);
    return jobs.map(toBulkJob);
  },
});

function toBulkJob(job: Doc<"bulkJobs">): BulkJob {
  const { _id, action, state, startedBy, endedAt, expected } = job;
  const { done, skipped, failed, failures, _creationTime: createdAt } = job;
  const counts = { expected, done, skipped, failed, failures };
  return { _id, action, state, startedBy, createdAt, endedAt, ...counts };
}
