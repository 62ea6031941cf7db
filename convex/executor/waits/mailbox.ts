/** Writer of `eventMailbox`: which events a run has taken, each once, and how one that it takes comes to its step. */
import type { Doc, Id } from "../../_generated/dataModel";
import { internal } from "../../_generated/api";
import type { MutationCtx } from "../../functions";
import type { Json } from "../../language/evaluation";
import { hasPart } from "../../model/eventMatch";

export type Event = Doc<"events">;
export type Wait = Doc<"openWaits">;

/** `openWaits.match` was written by `openEventWait`. */
export function isWanted({ match }: Pick<Wait, "match">, data: Json): boolean {
  return match === null || hasPart(data, JSON.parse(match) as Json);
}

/** Unless another step of the run has taken the event. */
export async function offer(
  ctx: MutationCtx,
  wait: Wait,
  eventId: Id<"events">,
): Promise<void> {
  if (!(await isTaken(ctx, wait.runId, eventId)))
    await give(ctx, wait, eventId);
}

/** The run's turn is a transaction of its own, so that a run that cannot take it does no harm to sender and others. */
export async function give(
  ctx: MutationCtx,
  wait: Wait,
  eventId: Id<"events">,
): Promise<void> {
  const { _id, runId, stepKey } = wait;
  await take(ctx, runId, { eventId, takenBy: stepKey });
  const given = { eventId, matchedAt: Date.now(), lookBack: undefined };
  await ctx.db.patch("openWaits", _id, given);
  await deliverSoon(ctx, runId, stepKey);
}

export async function deliverSoon(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
  stepKey: string,
): Promise<void> {
  const deliver = internal.executor.eventDelivery.deliver;
  await ctx.scheduler.runAfter(0, deliver, { runId, stepKey });
}

export async function take(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
  taken: { eventId: Id<"events">; takenBy: string },
): Promise<void> {
  await ctx.db.insert("eventMailbox", { runId, ...taken });
}

export async function isTaken(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
  eventId: Id<"events">,
): Promise<boolean> {
  return (await mailOf(ctx, runId, eventId)) !== null;
}

/** The event that was on its way to a step is for the run's others again. */
export async function giveBack(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
  eventId: Id<"events">,
): Promise<void> {
  const mail = await mailOf(ctx, runId, eventId);
  if (mail !== null) await ctx.db.delete("eventMailbox", mail._id);
}

async function mailOf(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
  eventId: Id<"events">,
) {
  return await ctx.db
    .query("eventMailbox")
    .withIndex("by_runId_and_eventId", (q) =>
      q.eq("runId", runId).eq("eventId", eventId),
    )
    .unique();
}
