/** Writer of `runKeys` (`upkeep/leftovers.ts` deletes old ones): starts that are one start, because they carry the same key within a window of time. */
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx } from "../../functions";

const DAY_MS = 86_400_000;

type Key = {
  workflowId: Id<"workflows">;
  /** null: this start is like no other. */
  key: string | null;
  /** null: a day. */
  windowMs: number | null;
  now: number;
};

export async function findKeyedRun(
  ctx: MutationCtx,
  { workflowId, key, now }: Key,
): Promise<{ runId: Id<"workflowRuns">; number: number } | null> {
  if (key === null) return null;
  const row = await ctx.db
    .query("runKeys")
    .withIndex("by_workflowId_and_key", (q) =>
      q.eq("workflowId", workflowId).eq("key", key),
    )
    .unique();
  if (row === null) return null;
  const { runId, number, expiresAt } = row;
  if (expiresAt > now) return { runId, number };
  await ctx.db.delete("runKeys", row._id);
  return null;
}

export async function rememberKey(
  ctx: MutationCtx,
  { workflowId, key, windowMs, now }: Key,
  { _id: runId, number }: Pick<Doc<"workflowRuns">, "_id" | "number">,
): Promise<void> {
  if (key === null) return;
  const expiresAt = now + (windowMs ?? DAY_MS);
  await ctx.db.insert("runKeys", { workflowId, key, runId, number, expiresAt });
}
