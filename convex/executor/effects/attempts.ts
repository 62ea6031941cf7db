/** Writer of `stepAttempts`: one row for each attempt of an effect. */
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx } from "../../functions";

type Attempt = Doc<"stepAttempts">;

/** A worker takes the attempt. */
export async function openAttempt(
  ctx: MutationCtx,
  attempt: Pick<Attempt, "stepId" | "number" | "startedAt" | "input">,
): Promise<Id<"stepAttempts">> {
  const nothing = { endedAt: null, error: null, output: null };
  return await ctx.db.insert("stepAttempts", {
    ...nothing,
    ...attempt,
    status: "running",
  });
}

/** `attemptId` spares the search for the row. */
export async function endAttempt(
  ctx: MutationCtx,
  {
    stepId,
    attempt,
    attemptId,
  }: Pick<Doc<"tasks">, "stepId" | "attempt" | "attemptId">,
  change: Partial<Attempt>,
): Promise<void> {
  if (attemptId != null)
    return await ctx.db.patch("stepAttempts", attemptId, change);
  const row = await ctx.db
    .query("stepAttempts")
    .withIndex("by_stepId_and_number", (q) =>
      q.eq("stepId", stepId).eq("number", attempt),
    )
    .unique();
  if (row !== null) await ctx.db.patch("stepAttempts", row._id, change);
}

/** The attempt in flight ends with its run or its container. */
export async function cancelAttempt(
  ctx: MutationCtx,
  stepId: Id<"stepExecutions">,
  now: number,
): Promise<void> {
  const row = await ctx.db
    .query("stepAttempts")
    .withIndex("by_stepId_and_number", (q) => q.eq("stepId", stepId))
    .order("desc")
    .first();
  if (row?.status === "running")
    await ctx.db.patch("stepAttempts", row._id, {
      status: "cancelled",
      endedAt: now,
    });
}
