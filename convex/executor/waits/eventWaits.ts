/**
 * Writer of `openWaits`. A wait and an event find each other in one transaction, whichever comes first: an event looks for
 * open waits (`eventSearches.ts`), a wait that opens looks back over the events of its run's time (`lookBack.ts`). A run
 * takes an event once.
 */
import type { Doc, Id } from "../../_generated/dataModel";
import { must } from "../../errors";
import type { MutationCtx } from "../../functions";
import type { Json } from "../../language/evaluation";
import { matchIndexOf } from "../../model/eventMatch";
import type { RunFields } from "../../model/runs";
import type { TurnState } from "../flow/turnState";
import { search } from "./eventSearches";
import { lookBack, lookFurtherSoon } from "./lookBack";
import { type Event, giveBack, take, type Wait } from "./mailbox";

/** The oldest event that has come already, which the step then has taken; else null, and the wait is open. */
export async function openEventWait(
  turn: TurnState,
  key: string,
  wanted: { event: string; match: Json },
): Promise<Event | null> {
  const { ctx, run } = turn;
  const { _id: runId, organizationId } = run;
  const match = wanted.match === null ? null : JSON.stringify(wanted.match);
  const { event } = wanted;
  const wait = { organizationId, runId, stepKey: key, match, event };
  const begun = await begunRun(ctx, run);
  const seen = await lookBack(ctx, begun, { ...wait, after: null });
  if (seen.kind === "found") {
    await take(ctx, runId, { eventId: seen.event._id, takenBy: key });
    return seen.event;
  }
  const from = seen.kind === "more" ? seen.after : null;
  const waitId = await ctx.db.insert("openWaits", {
    ...wait,
    ...matchIndexOf(wanted.match),
    eventId: null,
    matchedAt: null,
    ...(from === null ? {} : { lookBack: { from, at: Date.now() } }),
  });
  if (from !== null) await lookFurtherSoon(ctx, waitId, from);
  return null;
}

/** A run that begins in this transaction does not know yet when its row was made. */
async function begunRun(
  ctx: MutationCtx,
  { _id, _creationTime }: RunFields,
): Promise<Pick<Doc<"workflowRuns">, "_id" | "_creationTime">> {
  return _creationTime === undefined
    ? must(await ctx.db.get("workflowRuns", _id), `run ${_id}`)
    : { _id, _creationTime };
}

export async function findWait(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
  stepKey: string,
): Promise<Wait | null> {
  return await ctx.db
    .query("openWaits")
    .withIndex("by_runId_and_stepKey", (q) =>
      q.eq("runId", runId).eq("stepKey", stepKey),
    )
    .unique();
}

/** The wait is over: its event has come to the step, or its time is up. */
export async function closeWait(ctx: MutationCtx, wait: Wait): Promise<void> {
  await ctx.db.delete("openWaits", wait._id);
}

/** The run has ended: nobody waits any more. At most `limit`; returns how many there were. */
export async function cancelWaitsOfRun(
  turn: TurnState,
  limit: number,
): Promise<number> {
  const waits = await turn.ctx.db
    .query("openWaits")
    .withIndex("by_runId_and_stepKey", (q) => q.eq("runId", turn.run._id))
    .take(limit);
  for (const wait of waits) await closeWait(turn.ctx, wait);
  return waits.length;
}

/** An event that was on its way to the step goes back to the run's others. */
export async function cancelWaitOf(
  turn: TurnState,
  key: string,
): Promise<void> {
  const { ctx, run } = turn;
  const wait = await findWait(ctx, run._id, key);
  if (wait === null) return;
  await closeWait(ctx, wait);
  if (wait.eventId === null) return;
  await giveBack(ctx, run._id, wait.eventId);
  await search(ctx, wait.eventId, null);
}
