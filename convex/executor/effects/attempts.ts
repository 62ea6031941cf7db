/**
 * Writer of `stepAttempts`. The first attempt of an effect has no row until it fails or is interrupted: while it runs, and
 * when the step ends with it, the step's own row says all there is to say (`ownAttempt`). Each later one has a row.
 */
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx } from "../../functions";
import { wholeStep } from "../../model/stepFields";

type Attempt = Doc<"stepAttempts">;
type Opened = Pick<Attempt, "stepId" | "number" | "startedAt" | "input">;
type OfTask = Pick<Doc<"tasks">, "stepId" | "attempt" | "attemptId">;
const NOTHING_YET = { endedAt: null, error: null, output: null };

/** A worker takes the attempt. Null when it needs no row. */
export async function claimAttempt(
  ctx: MutationCtx,
  attempt: Opened,
): Promise<Id<"stepAttempts"> | null> {
  return attempt.number === 1 ? null : await openAttempt(ctx, attempt);
}

export async function openAttempt(
  ctx: MutationCtx,
  attempt: Opened,
): Promise<Id<"stepAttempts">> {
  return await ctx.db.insert("stepAttempts", {
    ...NOTHING_YET,
    ...attempt,
    status: "running",
  });
}

/** `attemptId` spares the search for the row. */
export async function endAttempt(
  ctx: MutationCtx,
  of: OfTask,
  end: Pick<Attempt, "status" | "endedAt"> & Partial<Attempt>,
): Promise<void> {
  const id = of.attemptId ?? (await idOf(ctx, of));
  if (id !== undefined) return await ctx.db.patch("stepAttempts", id, end);
  const row = await ctx.db.get("stepExecutions", of.stepId);
  if (row === null) return;
  const step = wholeStep(row);
  await ctx.db.insert("stepAttempts", {
    ...NOTHING_YET,
    stepId: step._id,
    number: of.attempt,
    startedAt: step.startedAt ?? step.createdAt,
    input: step.input,
    ...end,
  });
}

async function idOf(
  ctx: MutationCtx,
  { stepId, attempt }: OfTask,
): Promise<Id<"stepAttempts"> | undefined> {
  const row = await ctx.db
    .query("stepAttempts")
    .withIndex("by_stepId_and_number", (q) =>
      q.eq("stepId", stepId).eq("number", attempt),
    )
    .unique();
  return row?._id;
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
