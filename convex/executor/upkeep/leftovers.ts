/** Phases of retention: rows and files that only add up. */
import type { MutationCtx } from "../../functions";
import { publishedFlow } from "../../model/flowLimits";
import { removeUnusedFile } from "../../model/payloads";
import { cutoffOf, DEFAULT_DAYS } from "../../model/retention";
import type { Place } from "../../validators/upkeep";
import { afterTime } from "./places";
import type { Portion } from "./portion";
import { removeAll } from "./removeAll";

const BATCH = 50;
/** A worker stores a file first and reports it then. */
const REPORT_MS = 86_400_000;

/** Idempotency keys whose window is over. */
export async function removeOldKeys(
  { db }: MutationCtx,
  portion: Portion,
  at: Place,
): Promise<Place | null> {
  const isDone = await removeAll(
    portion,
    (count) =>
      db
        .query("runKeys")
        .withIndex("by_expiresAt", (q) => q.lte("expiresAt", portion.now))
        .take(count),
    ({ _id }) => db.delete("runKeys", _id),
  );
  return isDone ? null : at;
}

/** Bulk jobs that ended long ago. */
export async function removeOldJobs(
  { db }: MutationCtx,
  portion: Portion,
  at: Place,
): Promise<Place | null> {
  const before = cutoffOf({ kind: "days", days: DEFAULT_DAYS }, portion.now);
  for (const kind of ["completed", "stopped"] as const) {
    const isDone = await removeAll(
      portion,
      (count) =>
        db
          .query("bulkJobs")
          .withIndex("by_state", (q) =>
            q.eq("state.kind", kind).lt("_creationTime", before ?? 0),
          )
          .take(count),
      ({ _id }) => db.delete("bulkJobs", _id),
    );
    if (!isDone) return at;
  }
  return null;
}

/** Starts that no longer count against the rate of their workflow, or whose workflow has none. */
export async function removeOldStarts(
  ctx: MutationCtx,
  portion: Portion,
  at: Place,
): Promise<Place | null> {
  const counter = await ctx.db
    .query("runCounters")
    .withIndex("by_creation_time", (q) => q.gte("_creationTime", at.owner))
    .first();
  if (counter === null) return null;
  portion.take(counter);
  const { workflowId, _creationTime: owner } = counter;
  const flow = await publishedFlow(
    ctx,
    await ctx.db.get("workflows", workflowId),
  );
  const before = portion.now - (flow?.rateLimit?.periodMs ?? 0);
  const isDone = await removeAll(
    portion,
    (count) =>
      ctx.db
        .query("rateStarts")
        .withIndex("by_workflowId_and_at", (q) =>
          q.eq("workflowId", workflowId).lte("at", before),
        )
        .take(count),
    ({ _id }) => ctx.db.delete("rateStarts", _id),
  );
  return { ...at, owner: isDone ? afterTime(owner) : owner };
}

/** Files whose report never came, or came too late: each is looked at once, a day after it was stored. */
export async function removeLostFiles(
  ctx: MutationCtx,
  portion: Portion,
  at: Place,
): Promise<Place | null> {
  const files = await ctx.db.system
    .query("_storage")
    .withIndex("by_creation_time", (q) =>
      q
        .gt("_creationTime", portion.filesSeen)
        .lt("_creationTime", portion.now - REPORT_MS),
    )
    .take(BATCH);
  for (const file of files) {
    if (portion.isSpent) return at;
    portion.take(file);
    if (await removeUnusedFile(ctx, file._id)) portion.count("files");
    portion.filesSeen = file._creationTime;
  }
  return files.length < BATCH ? null : at;
}
