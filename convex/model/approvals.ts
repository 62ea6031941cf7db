import type { Id } from "../_generated/dataModel";
import type { QueryCtx } from "../functions";

export type ApprovalView = "due" | "undated" | "over";

export const MAX_COUNTED = 100;

/** `due`: open with a time limit, the nearest first. `undated`: open without one, oldest first. `over`: latest first. */
export function approvalsIn(
  ctx: QueryCtx,
  organizationId: Id<"organizations">,
  view: ApprovalView,
) {
  const approvals = ctx.db.query("approvals");
  const index = "by_organizationId_and_decidedAt_and_until";
  switch (view) {
    case "due":
      return approvals.withIndex(index, (q) =>
        q
          .eq("organizationId", organizationId)
          .eq("decidedAt", null)
          .gt("until", null),
      );
    case "undated":
      return approvals.withIndex(index, (q) =>
        q
          .eq("organizationId", organizationId)
          .eq("decidedAt", null)
          .eq("until", null),
      );
    case "over":
      return approvals
        .withIndex(index, (q) =>
          q.eq("organizationId", organizationId).gt("decidedAt", null),
        )
        .order("desc");
  }
}
