/**
 * A wait that opens looks back over the events of its run's time: a part in the transaction that opens it, and while there
 * are more, further parts for the wait that is open meanwhile. Its row says where those go on (E4).
 */
import type { Doc, Id } from "../../_generated/dataModel";
import { internal } from "../../_generated/api";
import type { MutationCtx } from "../../functions";
import { eventData } from "../../model/events";
import type { LookBackCursor as Cursor } from "../../validators/waits";
import { type Event, give, isTaken, isWanted, type Wait } from "./mailbox";

type Run = Pick<Doc<"workflowRuns">, "_id" | "_creationTime">;
/** What a wait asks for, and behind where. */
type Asked = Pick<Wait, "organizationId" | "event" | "match"> & {
  after: Cursor | null;
};
type Seen =
  | { kind: "found"; event: Event }
  | { kind: "nothing" }
  | { kind: "more"; after: Cursor };

const LOOK_BACK = 100;

/** The run's own mailbox: what was sent to it, and what was sent to everybody since it began. */
export async function lookBack(
  ctx: MutationCtx,
  run: Run,
  wait: Asked,
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
  range: Pick<Wait, "organizationId" | "event"> & {
    scope: Cursor["scope"];
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

export async function lookFurtherSoon(
  ctx: MutationCtx,
  waitId: Id<"openWaits">,
  after: Cursor,
): Promise<void> {
  const next = internal.executor.eventDelivery.lookFurther;
  await ctx.scheduler.runAfter(0, next, { waitId, after });
}

/** A later part. One that is looked through twice comes to the same. */
export async function lookBackAfter(
  ctx: MutationCtx,
  wait: Wait,
  after: Cursor,
): Promise<void> {
  const run = await ctx.db.get("workflowRuns", wait.runId);
  if (run === null || wait.eventId !== null) return;
  const seen = await lookBack(ctx, run, { ...wait, after });
  if (seen.kind === "found") return await give(ctx, wait, seen.event._id);
  const isOver = seen.kind === "nothing";
  const rest = isOver ? undefined : { from: seen.after, at: Date.now() };
  await ctx.db.patch("openWaits", wait._id, { lookBack: rest });
  if (!isOver) await lookFurtherSoon(ctx, wait._id, seen.after);
}
