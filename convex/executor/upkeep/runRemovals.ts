/**
 * Writer of `runRemovals`: deletes a run with everything that is its own. The row of the run goes first, so nobody ever
 * sees half a run; what one transaction cannot delete is left to further ones, which a row here asks for.
 */
import type { Doc } from "../../_generated/dataModel";
import type { MutationCtx } from "../../functions";
import { removePayloadRow } from "../../model/payloads";
import type { Portion } from "./portion";
import { removeAll } from "./removeAll";

type Gone = Pick<Doc<"runRemovals">, "runId" | "organizationId">;

export async function removeRun(
  ctx: MutationCtx,
  portion: Portion,
  run: Doc<"workflowRuns">,
): Promise<void> {
  const { _id: runId, organizationId } = run;
  await ctx.db.delete("workflowRuns", runId);
  portion.take(run);
  portion.count("runs");
  const gone = { runId, organizationId };
  if (!(await removeRest(ctx, portion, gone)))
    await ctx.db.insert("runRemovals", gone);
}

/** For rows whose run is gone: false when their removal is under way. */
export async function requestRemoval(
  ctx: MutationCtx,
  runId: Gone["runId"],
): Promise<boolean> {
  const removal = await ctx.db
    .query("runRemovals")
    .withIndex("by_runId", (q) => q.eq("runId", runId))
    .first();
  if (removal !== null) return false;
  await ctx.db.insert("runRemovals", { runId, organizationId: null });
  return true;
}

/** What earlier transactions left; false when this one leaves some too. */
export async function finishRemovals(
  ctx: MutationCtx,
  portion: Portion,
): Promise<boolean> {
  return await removeAll(
    portion,
    (count) => ctx.db.query("runRemovals").take(count),
    async (gone) => {
      if (!(await removeRest(ctx, portion, gone))) return false;
      await ctx.db.delete("runRemovals", gone._id);
      return true;
    },
  );
}

async function removeRest(
  ctx: MutationCtx,
  portion: Portion,
  gone: Gone,
): Promise<boolean> {
  for (const remove of OWN)
    if (!(await remove(ctx, portion, gone))) return false;
  return true;
}

type Remove = (
  ctx: MutationCtx,
  portion: Portion,
  gone: Gone,
) => Promise<boolean>;

/** What belongs to a run alone, table by table. */
const OWN: Remove[] = [
  ({ db }, portion, { runId }) =>
    removeAll(
      portion,
      (count) =>
        db
          .query("approvals")
          .withIndex("by_runId_and_stepKey", (q) => q.eq("runId", runId))
          .take(count),
      ({ _id }) => db.delete("approvals", _id),
    ),
  ({ db }, portion, { runId }) =>
    removeAll(
      portion,
      (count) =>
        db
          .query("stepExecutions")
          .withIndex("by_runId_and_key", (q) => q.eq("runId", runId))
          .take(count),
      async ({ _id: stepId }) => {
        const hasNone = await removeAttempts(db, portion, stepId);
        if (hasNone) await db.delete("stepExecutions", stepId);
        return hasNone;
      },
    ),
  ({ db }, portion, { runId }) =>
    removeAll(
      portion,
      (count) =>
        db
          .query("runEvents")
          .withIndex("by_runId_and_next", (q) => q.eq("runId", runId))
          .take(count),
      ({ _id }) => db.delete("runEvents", _id),
    ),
  ({ db }, portion, { runId }) =>
    removeAll(
      portion,
      (count) =>
        db
          .query("stepLogs")
          .withIndex("by_runId", (q) => q.eq("runId", runId))
          .take(count),
      ({ _id }) => db.delete("stepLogs", _id),
    ),
  ({ db }, portion, { runId }) =>
    removeAll(
      portion,
      (count) =>
        db
          .query("stepStreams")
          .withIndex("by_runId", (q) => q.eq("runId", runId))
          .take(count),
      ({ _id }) => db.delete("stepStreams", _id),
    ),
  ({ db }, portion, { runId }) =>
    removeAll(
      portion,
      (count) =>
        db
          .query("loopItems")
          .withIndex("by_runId_and_loopKey_and_chunk", (q) =>
            q.eq("runId", runId),
          )
          .take(count),
      ({ _id }) => db.delete("loopItems", _id),
    ),
  ({ db }, portion, { runId }) =>
    removeAll(
      portion,
      (count) =>
        db
          .query("pinnedOutputs")
          .withIndex("by_runId_and_pattern", (q) => q.eq("runId", runId))
          .take(count),
      ({ _id }) => db.delete("pinnedOutputs", _id),
    ),
  ({ db }, portion, { runId }) =>
    removeAll(
      portion,
      (count) =>
        db
          .query("eventMailbox")
          .withIndex("by_runId_and_eventId", (q) => q.eq("runId", runId))
          .take(count),
      ({ _id }) => db.delete("eventMailbox", _id),
    ),
  // What was sent to this run was nothing to others.
  async ({ db }, portion, { runId, organizationId }) =>
    organizationId === null ||
    (await removeAll(
      portion,
      (count) =>
        db
          .query("events")
          .withIndex("by_organizationId_and_runId_and_name", (q) =>
            q.eq("organizationId", organizationId).eq("runId", runId),
          )
          .take(count),
      ({ _id }) => db.delete("events", _id),
    )),
  (ctx, portion, { runId }) =>
    removeAll(
      portion,
      (count) =>
        ctx.db
          .query("payloads")
          .withIndex("by_runId", (q) => q.eq("runId", runId))
          .take(count),
      (payload) => removePayloadRow(ctx, payload),
    ),
];

async function removeAttempts(
  db: MutationCtx["db"],
  portion: Portion,
  stepId: Doc<"stepExecutions">["_id"],
): Promise<boolean> {
  return await removeAll(
    portion,
    (count) =>
      db
        .query("stepAttempts")
        .withIndex("by_stepId_and_number", (q) => q.eq("stepId", stepId))
        .take(count),
    ({ _id }) => db.delete("stepAttempts", _id),
  );
}
