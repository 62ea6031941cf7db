/**
 * Writer of `openWaits` and `eventMailbox`. A wait and an event find each other in one transaction, whichever comes
 * first: an event looks for open waits, a wait that opens looks back over the events of its run's time. A run takes an
 * event once.
 */
import type { Doc, Id } from "../../_generated/dataModel";
import { internal } from "../../_generated/api";
import { must } from "../../errors";
import type { MutationCtx } from "../../functions";
import type { Json } from "../../language/evaluation";
import { hasPart, indexedValue, matchIndexOf } from "../../model/eventMatch";
import { eventData } from "../../model/events";
import type { RunFields } from "../../model/runs";
import type { TurnState } from "../flow/turnState";

type Event = Doc<"events">;
type Wait = Doc<"openWaits">;
type Run = Pick<Doc<"workflowRuns">, "_id" | "_creationTime">;

const LOOK_BACK = 100;
const MATCHES = 100;

/** The oldest event that has come already, which the step then has taken; else null, and the wait is open. */
export async function openEventWait(
  turn: TurnState,
  key: string,
  wanted: { event: string; match: Json },
): Promise<Event | null> {
  const { ctx, run } = turn;
  const { _id: runId, organizationId } = run;
  const match = wanted.match === null ? null : JSON.stringify(wanted.match);
  const wait = { organizationId, runId, stepKey: key, match };
  const seen = await lookBack(ctx, await begunRun(ctx, run), {
    ...wait,
    event: wanted.event,
    after: null,
  });
  if (seen.kind === "found") {
    await take(ctx, runId, { eventId: seen.event._id, takenBy: key });
    return seen.event;
  }
  const waitId = await ctx.db.insert("openWaits", {
    ...wait,
    event: wanted.event,
    ...matchIndexOf(wanted.match),
    eventId: null,
    matchedAt: null,
  });
  if (seen.kind === "more") await lookFurther(ctx, waitId, seen.after);
  return null;
}

/** A run that begins in this transaction does not know yet when its row was made. */
async function begunRun(
  ctx: MutationCtx,
  { _id, _creationTime }: RunFields,
): Promise<Run> {
  return _creationTime === undefined
    ? must(await ctx.db.get("workflowRuns", _id), `run ${_id}`)
    : { _id, _creationTime };
}

/** Where a look back goes on: behind this time, in the events for the run alone or in those for everybody. */
export type LookBackCursor = { scope: "run" | "organization"; after: number };

type Seen =
  | { kind: "found"; event: Event }
  | { kind: "nothing" }
  | { kind: "more"; after: LookBackCursor };

/** The run's own mailbox: what was sent to it, and what was sent to everybody since it began. */
async function lookBack(
  ctx: MutationCtx,
  run: Run,
  wait: Pick<Wait, "organizationId" | "event" | "match"> & {
    after: LookBackCursor | null;
  },
): Promise<Seen> {
  const scopes = ["run", "organization"] as const;
  for (const scope of scopes) {
    const { after } = wait;
    if (after?.scope === "organization" && scope === "run") continue;
    const from = after?.scope === scope ? after.after : run._creationTime;
    const page = await eventsSince(ctx, run._id, { ...wait, scope, from });
    const event = await firstUntaken(ctx, run._id, { page, wait });
    if (event !== null) return { kind: "found", event };
    const last = page.at(-1);
    if (last !== undefined && page.length === LOOK_BACK)
      return { kind: "more", after: { scope, after: last._creationTime } };
  }
  return { kind: "nothing" };
}

async function eventsSince(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
  range: {
    organizationId: Id<"organizations">;
    event: string;
    scope: LookBackCursor["scope"];
    from: number;
  },
): Promise<Event[]> {
  return await ctx.db
    .query("events")
    .withIndex("by_organizationId_and_runId_and_name", (q) =>
      q
        .eq("organizationId", range.organizationId)
        .eq("runId", range.scope === "run" ? runId : null)
        .eq("name", range.event)
        .gt("_creationTime", range.from),
    )
    .take(LOOK_BACK);
}

async function firstUntaken(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
  { page, wait }: { page: Event[]; wait: Pick<Wait, "match"> },
): Promise<Event | null> {
  for (const event of page)
    if (
      isWanted(wait, eventData(event)) &&
      !(await isTaken(ctx, runId, event._id))
    )
      return event;
  return null;
}

/** `openWaits.match` was written by `openEventWait`. */
function isWanted({ match }: Pick<Wait, "match">, data: Json): boolean {
  return match === null || hasPart(data, JSON.parse(match) as Json);
}

async function lookFurther(
  ctx: MutationCtx,
  waitId: Id<"openWaits">,
  after: LookBackCursor,
): Promise<void> {
  await ctx.scheduler.runAfter(0, internal.executor.eventDelivery.lookFurther, {
    waitId,
    after,
  });
}

/** A later part of the look back, for a wait that is open meanwhile. */
export async function lookBackAfter(
  ctx: MutationCtx,
  wait: Wait,
  after: LookBackCursor,
): Promise<void> {
  const run = await ctx.db.get("workflowRuns", wait.runId);
  if (run === null || wait.eventId !== null) return;
  const seen = await lookBack(ctx, run, { ...wait, after });
  if (seen.kind === "found") await give(ctx, wait, seen.event._id);
  if (seen.kind === "more") await lookFurther(ctx, wait._id, seen.after);
}

/** Where the search for waits goes on: in the waits on one field, behind this time. */
export type MatchCursor = { field: string; after: number };

/** Gives a stored event to the open waits that it matches; the rest of many in further transactions. */
export async function matchOpenWaits(
  ctx: MutationCtx,
  event: Event,
  from: MatchCursor | null = null,
): Promise<void> {
  const data = eventData(event);
  if (event.runId !== null) return await matchInRun(ctx, event, event.runId);
  let field = from?.field ?? (await nextField(ctx, event, null));
  let after = from?.after ?? 0;
  for (let room = MATCHES; field !== null; after = 0) {
    const waits = await waitsOn(ctx, event, { field, after, data, room });
    for (const wait of waits)
      if (isWanted(wait, data)) await offer(ctx, wait, event._id);
    room -= waits.length;
    const last = waits.at(-1);
    if (last !== undefined && room === 0)
      return await matchFurther(ctx, event._id, {
        field,
        after: last._creationTime,
      });
    field = await nextField(ctx, event, field);
  }
}

/** Only one run may take it, and it waits with few steps. */
async function matchInRun(
  ctx: MutationCtx,
  event: Event,
  runId: Id<"workflowRuns">,
): Promise<void> {
  const waits = await ctx.db
    .query("openWaits")
    .withIndex("by_runId_and_stepKey", (q) => q.eq("runId", runId))
    .collect();
  const data = eventData(event);
  const wait = waits
    .filter((row) => row.event === event.name && row.eventId === null)
    .sort((a, b) => a._creationTime - b._creationTime)
    .find((row) => isWanted(row, data));
  if (wait !== undefined) await offer(ctx, wait, event._id);
}

/** The fields by which steps wait for this event are few, however many steps wait. */
async function nextField(
  ctx: MutationCtx,
  event: Event,
  before: string | null,
): Promise<string | null> {
  const row = await ctx.db
    .query("openWaits")
    .withIndex("by_match", (q) => {
      const open = q
        .eq("organizationId", event.organizationId)
        .eq("event", event.name)
        .eq("eventId", null);
      return before === null ? open : open.gt("matchField", before);
    })
    .first();
  return row?.matchField ?? null;
}

async function waitsOn(
  ctx: MutationCtx,
  event: Event,
  part: { field: string; after: number; data: Json; room: number },
): Promise<Wait[]> {
  const matchValue = indexedValue(part.data, part.field);
  if (matchValue === null) return [];
  return await ctx.db
    .query("openWaits")
    .withIndex("by_match", (q) =>
      q
        .eq("organizationId", event.organizationId)
        .eq("event", event.name)
        .eq("eventId", null)
        .eq("matchField", part.field)
        .eq("matchValue", matchValue)
        .gt("_creationTime", part.after),
    )
    .take(part.room);
}

async function matchFurther(
  ctx: MutationCtx,
  eventId: Id<"events">,
  from: MatchCursor,
): Promise<void> {
  const next = internal.executor.eventDelivery.matchFurther;
  await ctx.scheduler.runAfter(0, next, { eventId, from });
}

/** Unless another step of the run has taken the event. */
async function offer(
  ctx: MutationCtx,
  wait: Wait,
  eventId: Id<"events">,
): Promise<void> {
  if (!(await isTaken(ctx, wait.runId, eventId)))
    await give(ctx, wait, eventId);
}

/** The run's turn is a transaction of its own, so that a run that cannot take it does no harm to sender and others. */
async function give(
  ctx: MutationCtx,
  wait: Wait,
  eventId: Id<"events">,
): Promise<void> {
  const { runId, stepKey } = wait;
  await take(ctx, runId, { eventId, takenBy: stepKey });
  await ctx.db.patch("openWaits", wait._id, { eventId, matchedAt: Date.now() });
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

async function take(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
  taken: { eventId: Id<"events">; takenBy: string },
): Promise<void> {
  await ctx.db.insert("eventMailbox", { runId, ...taken });
}

async function isTaken(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
  eventId: Id<"events">,
): Promise<boolean> {
  return (await mailOf(ctx, runId, eventId)) !== null;
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
  const mail = await mailOf(ctx, run._id, wait.eventId);
  if (mail !== null) await ctx.db.delete("eventMailbox", mail._id);
  const next = internal.executor.eventDelivery.matchFurther;
  await ctx.scheduler.runAfter(0, next, { eventId: wait.eventId, from: null });
}
