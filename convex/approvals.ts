import { v } from "convex/values";
import { notFound, userError } from "./errors";
import {
  decide as decideApproval,
  findApproval,
  refusalOf,
} from "./executor/approvals";
import { mutation, query } from "./functions";
import { can, findViewer, requireOrganization, visible } from "./model/access";
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
    const hasVoted = approval.votes.some(
      ({ userId }) => userId === viewer.userId,
    );
    const refusal = !can(role, "approve")
      ? `Your role (${role}) may not decide.`
      : hasVoted
        ? "You have approved this; others have to approve it too."
        : refusalOf(approval, { role, email: viewer.email });
    const shown = { _id, title, details, formSchema, quorum, until, outcome };
    return { ...shown, votes, refusal };
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
