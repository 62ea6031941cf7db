/**
 * An event looks for the open waits that it matches: a part in the transaction that stores it, the rest of many in further
 * ones. Writer of `eventSearches`, which say what of that is left (E4).
 */
import type { Doc, Id } from "../../_generated/dataModel";
import { internal } from "../../_generated/api";
import type { MutationCtx } from "../../functions";
import type { Json } from "../../language/evaluation";
import { indexedValue } from "../../model/eventMatch";
import { eventData } from "../../model/events";
import { type Event, isWanted, offer, type Wait } from "./mailbox";

type Search = Doc<"eventSearches">;
/** In the waits on one field, behind this time. */
type Cursor = NonNullable<Search["from"]>;

const MATCHES = 100;
const BATCH = 100;
/** So often a part is asked for again. */
const MAX_TRIES = 5;

/** Gives an event that has just been stored to the open waits that it matches. */
export async function matchOpenWaits(
  ctx: MutationCtx,
  event: Event,
): Promise<void> {
  const rest = await matchPart(ctx, event, null);
  if (rest !== null) await search(ctx, event._id, rest);
}

/** In transactions of its own, from the beginning when `from` is null. */
export async function search(
  ctx: MutationCtx,
  eventId: Id<"events">,
  from: Cursor | null,
): Promise<void> {
  const begun = { eventId, from, at: Date.now(), tries: 0 };
  await goOnSoon(ctx, await ctx.db.insert("eventSearches", begun));
}

async function goOnSoon(
  ctx: MutationCtx,
  searchId: Id<"eventSearches">,
): Promise<void> {
  const next = internal.executor.eventDelivery.matchFurther;
  await ctx.scheduler.runAfter(0, next, { searchId });
}

/** The next part. */
export async function goOnWith(
  ctx: MutationCtx,
  { _id, eventId, from }: Search,
): Promise<void> {
  const event = await ctx.db.get("events", eventId);
  const rest = event === null ? null : await matchPart(ctx, event, from);
  if (rest === null) return await ctx.db.delete("eventSearches", _id);
  const next = { from: rest, at: Date.now(), tries: 0 };
  await ctx.db.patch("eventSearches", _id, next);
  await goOnSoon(ctx, _id);
}

/** Asks again for parts that did not come. What fails each time is given up: who waits has a timeout, or asks anew. */
export async function repairSearches(
  ctx: MutationCtx,
  before: number,
): Promise<void> {
  const lost = await ctx.db
    .query("eventSearches")
    .withIndex("by_at", (q) => q.lt("at", before))
    .take(BATCH);
  for (const { _id, eventId, tries } of lost) {
    console.warn(`audit: the search of event ${eventId}, try ${tries + 1}`);
    if (tries === MAX_TRIES) await ctx.db.delete("eventSearches", _id);
    else {
      const next = { at: Date.now(), tries: tries + 1 };
      await ctx.db.patch("eventSearches", _id, next);
      await goOnSoon(ctx, _id);
    }
  }
}

/** Where the search goes on; null when these were all. */
async function matchPart(
  ctx: MutationCtx,
  event: Event,
  from: Cursor | null,
): Promise<Cursor | null> {
  const data = eventData(event);
  if (event.runId !== null) {
    await matchInRun(ctx, event, event.runId);
    return null;
  }
  let field = from?.field ?? (await nextField(ctx, event, null));
  let after = from?.after ?? 0;
  for (let room = MATCHES; field !== null; after = 0) {
    const waits = await waitsOn(ctx, event, { field, after, data, room });
    for (const wait of waits)
      if (isWanted(wait, data)) await offer(ctx, wait, event._id);
    room -= waits.length;
    const last = waits.at(-1);
    if (last !== undefined && room === 0)
      return { field, after: last._creationTime };
    field = await nextField(ctx, event, field);
  }
  return null;
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
