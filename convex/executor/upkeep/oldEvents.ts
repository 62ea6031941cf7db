/** Phase of retention: events that nobody can wait for any more. */
import type { Id } from "../../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../../functions";
import { cutoffOf, DEFAULT_DAYS } from "../../model/retention";
import type { Place } from "../../validators/upkeep";
import { afterTime } from "./places";
import type { Portion } from "./portion";
import { removeAll } from "./removeAll";

/**
 * A wait that opens looks back over the events of its run's time, so none is deleted that came after the oldest run that
 * is under way began. Those that were sent to one run go with it.
 */
export async function removeOldEvents(
  { db }: MutationCtx,
  portion: Portion,
  at: Place,
): Promise<Place | null> {
  const organization = await db
    .query("organizations")
    .withIndex("by_creation_time", (q) => q.gte("_creationTime", at.owner))
    .first();
  if (organization === null) return null;
  const { _id: organizationId, _creationTime: owner } = organization;
  portion.take(organization);
  const before = await eventsBefore(db, organizationId, portion.now);
  const isDone = await removeAll(
    portion,
    (count) =>
      db
        .query("events")
        .withIndex("by_organizationId_and_runId", (q) =>
          q
            .eq("organizationId", organizationId)
            .eq("runId", null)
            .lt("_creationTime", before),
        )
        .take(count),
    async ({ _id }) => {
      if (!(await removeMail(db, portion, _id))) return false;
      await db.delete("events", _id);
      portion.count("events");
      return true;
    },
  );
  return { ...at, owner: isDone ? afterTime(owner) : owner };
}

async function eventsBefore(
  db: QueryCtx["db"],
  organizationId: Id<"organizations">,
  now: number,
): Promise<number> {
  const cutoff = cutoffOf({ kind: "days", days: DEFAULT_DAYS }, now) ?? now;
  const kinds = ["queued", "running", "waiting"] as const;
  const oldest = await Promise.all(
    kinds.map((kind) =>
      db
        .query("workflowRuns")
        .withIndex("by_organizationId_and_state", (q) =>
          q.eq("organizationId", organizationId).eq("state.kind", kind),
        )
        .first(),
    ),
  );
  return Math.min(cutoff, ...oldest.map((run) => run?._creationTime ?? cutoff));
}

/** That a run took it: of no use without the event. */
async function removeMail(
  db: MutationCtx["db"],
  portion: Portion,
  eventId: Id<"events">,
): Promise<boolean> {
  return await removeAll(
    portion,
    (count) =>
      db
        .query("eventMailbox")
        .withIndex("by_eventId", (q) => q.eq("eventId", eventId))
        .take(count),
    ({ _id }) => db.delete("eventMailbox", _id),
  );
}
