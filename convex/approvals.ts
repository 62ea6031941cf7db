import {
  paginationOptsValidator,
  paginationResultValidator,
} from "convex/server";
import { v } from "convex/values";
import type { Doc } from "./_generated/dataModel";
import { notFound, userError } from "./errors";
import {
  decide as decideApproval,
  refusalOf,
} from "./executor/waits/approvals";
import { findApproval } from "./executor/waits/approvalVotes";
import { mutation, query, type QueryCtx } from "./functions";
import {
  type Access,
  can,
  findAccess,
  findViewer,
  requireOrganization,
  visible,
} from "./model/access";
import { MAX_COUNTED, approvalsIn } from "./model/approvals";
import type { Json } from "./language/evaluation";

const MAX_NOTE = 2_000;
const vOutcome = v.union(
  v.literal("approved"),
  v.literal("rejected"),
  v.literal("timeout"),
  v.literal("cancelled"),
  v.null(),
);

/** What a step asks people, who has voted, and whether the caller may; null without access to its run. */
export const getByStep = query({
  args: { runId: v.id("workflowRuns"), stepKey: v.string() },
  returns: v.union(
    v.object({
      _id: v.id("approvals"),
      title: v.string(),
      /** JSON text. */
      details: v.union(v.string(), v.null()),
      /** JSON text of a JSON Schema. */
      formSchema: v.union(v.string(), v.null()),
      quorum: v.number(),
      until: v.union(v.number(), v.null()),
      outcome: vOutcome,
      votes: v.array(
        v.object({
          by: v.string(),
          approved: v.boolean(),
          note: v.string(),
          at: v.number(),
        }),
      ),
      /** Why the caller cannot decide, as a sentence. */
      refusal: v.union(v.string(), v.null()),
    }),
    v.null(),
  ),
  handler: async (ctx, { runId, stepKey }) => {
    const run = await visible(ctx, await ctx.db.get("workflowRuns", runId));
    const viewer = await findViewer(ctx);
    if (run === null || viewer === null) return null;
    const approval = await findApproval(ctx, runId, stepKey);
    if (approval === null) return null;
    const { role } = run;
    const { _id, title, details, formSchema, quorum, until, outcome } =
      approval;
    const votes = approval.votes.map(({ by, approved, note, at }) => {
      return { by, approved, note, at };
    });
    const refusal = whyNot(approval, { ...viewer, role });
    const shown = { _id, title, details, formSchema, quorum, until, outcome };
    return { ...shown, votes, refusal };
  },
});

/** Why this person cannot decide, as a sentence; null when they can. */
function whyNot(approval: Doc<"approvals">, person: Access): string | null {
  const { role, userId } = person;
  if (!can(role, "approve")) return `Your role (${role}) may not decide.`;
  return approval.votes.some((vote) => vote.userId === userId)
    ? "You have approved this; others have to approve it too."
    : refusalOf(approval, person);
}

const vApprovalSummary = v.object({
  _id: v.id("approvals"),
  runId: v.id("workflowRuns"),
  runNumber: v.number(),
  workflowName: v.string(),
  stepKey: v.string(),
  title: v.string(),
  askedAt: v.number(),
  until: v.union(v.number(), v.null()),
  quorum: v.number(),
  approvals: v.number(),
  outcome: vOutcome,
  decidedAt: v.union(v.number(), v.null()),
  /** The caller may decide it. */
  isMine: v.boolean(),
});

/**
 * What the organization's runs ask people: those with a time limit by that limit, those without by age, what is over
 * latest first. Empty for people outside the organization. With `mine` pages have gaps: what others decide is left out.
 */
export const list = query({
  args: {
    organizationId: v.id("organizations"),
    view: v.union(v.literal("due"), v.literal("undated"), v.literal("over")),
    mine: v.boolean(),
    paginationOpts: paginationOptsValidator,
  },
  returns: paginationResultValidator(vApprovalSummary),
  handler: async (ctx, { organizationId, view, mine, paginationOpts }) => {
    const person = await findAccess(ctx, organizationId);
    if (person === null) return { page: [], isDone: true, continueCursor: "" };
    const found = await approvalsIn(ctx, organizationId, view).paginate(
      paginationOpts,
    );
    const page = await Promise.all(
      found.page.map((approval) => summaryOf(ctx, approval, person)),
    );
    const seen = page.filter((row) => row !== null);
    return { ...found, page: seen.filter(({ isMine }) => isMine || !mine) };
  },
});

/** Null when its run has just been deleted: the approval follows. */
async function summaryOf(
  ctx: QueryCtx,
  approval: Doc<"approvals">,
  person: Access,
) {
  const { _id, runId, stepKey, title, until, quorum } = approval;
  const { outcome, decidedAt, votes, _creationTime: askedAt } = approval;
  const run = await ctx.db.get("workflowRuns", runId);
  if (run === null) return null;
  const { number: runNumber, workflowName } = run;
  const approvals = votes.filter(({ approved }) => approved).length;
  const isMine = outcome === null && whyNot(approval, person) === null;
  const where = { runId, runNumber, workflowName, stepKey };
  const when = { askedAt, until, decidedAt };
  return { _id, ...where, title, ...when, quorum, approvals, outcome, isMine };
}

/** How many wait for the caller, of the first 100 with and the first 100 without a time limit. */
export const countMine = query({
  args: { organizationId: v.id("organizations") },
  returns: v.number(),
  handler: async (ctx, { organizationId }) => {
    const person = await findAccess(ctx, organizationId);
    if (person === null) return 0;
    const due = await approvalsIn(ctx, organizationId, "due").take(MAX_COUNTED);
    const undated = approvalsIn(ctx, organizationId, "undated");
    const open = [...due, ...(await undated.take(MAX_COUNTED))];
    return open.filter((approval) => whyNot(approval, person) === null).length;
  },
});

/** A vote. `values` is JSON text: what was filled in, when there is a form. Null: others have to vote too. */
export const decide = mutation({
  args: {
    approvalId: v.id("approvals"),
    approved: v.boolean(),
    note: v.optional(v.string()),
    values: v.optional(v.string()),
  },
  returns: vOutcome,
  handler: async (ctx, { approvalId, approved, note, values }) => {
    const approval = await ctx.db.get("approvals", approvalId);
    if (approval === null) throw notFound("approval");
    const { organizationId } = approval;
    const person = await requireOrganization(
      ctx,
      organizationId,
      "approve",
      "approval",
    );
    const refusal = refusalOf(approval, person);
    if (refusal !== null) throw userError("forbidden", refusal);
    const vote = {
      approved,
      note: (note ?? "").trim().slice(0, MAX_NOTE),
      values: parsedValues(values),
    };
    return await decideApproval(ctx, approval, { person, vote });
  },
});

function parsedValues(text: string | undefined): Json {
  if (text === undefined) return null;
  try {
    // Whatever JSON.parse gives is JSON.
    return JSON.parse(text) as Json;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw userError("invalid_input", `The values are not JSON: ${reason}.`, {
      field: "values",
    });
  }
}
