/**
 * Writer of `runSeats` and `rateStarts`: the places of runs whose starts are limited. Occupancy and order in a queue are
 * derived from these rows alone (E5); a run has its row from its start until the transaction that ends it.
 */
import { internal } from "../../_generated/api";
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../../functions";

export type Seat = Doc<"runSeats">;
export type Lane = Pick<
  Seat,
  "organizationId" | "workflowId" | "laneKey" | "rateKey"
>;

/** How far a run has come on its way to its first turn, in order. From `RATE` on it holds a place of its lane. */
export const STAGE = {
  /** Waits whether another trigger comes. */
  DEBOUNCE: 0,
  /** Waits for a place of its workflow and key. */
  LANE: 1,
  /** Waits until the rate allows another start. */
  RATE: 2,
  /** Waits for a place of its organization. */
  ORGANIZATION: 3,
  /** May begin; its first turn is scheduled. */
  STARTING: 4,
  STARTED: 5,
} as const;
export type Stage = (typeof STAGE)[keyof typeof STAGE];

export async function hasSeat(
  ctx: QueryCtx,
  { seatId }: Pick<Doc<"workflowRuns">, "seatId">,
): Promise<boolean> {
  return (
    seatId !== undefined && (await ctx.db.get("runSeats", seatId)) !== null
  );
}

/** Best first: the highest priority, among equals the earliest. */
export function queueIn(
  ctx: QueryCtx,
  { workflowId, laneKey }: Pick<Seat, "workflowId" | "laneKey">,
) {
  return ctx.db
    .query("runSeats")
    .withIndex("by_lane", (q) =>
      q
        .eq("workflowId", workflowId)
        .eq("laneKey", laneKey)
        .eq("stage", STAGE.LANE),
    );
}

/** Those that hold a place of the lane. */
export function holdersIn(
  ctx: QueryCtx,
  { workflowId, laneKey }: Pick<Seat, "workflowId" | "laneKey">,
) {
  return ctx.db
    .query("runSeats")
    .withIndex("by_lane", (q) =>
      q
        .eq("workflowId", workflowId)
        .eq("laneKey", laneKey)
        .gte("stage", STAGE.RATE),
    );
}

/** Best first. `ORGANIZATION`: those whose start the rate has allowed and that have not started. */
export function atRate(
  ctx: QueryCtx,
  { workflowId, rateKey }: Pick<Seat, "workflowId" | "rateKey">,
  stage: typeof STAGE.RATE | typeof STAGE.ORGANIZATION,
) {
  return ctx.db
    .query("runSeats")
    .withIndex("by_rate", (q) =>
      q.eq("workflowId", workflowId).eq("rateKey", rateKey).eq("stage", stage),
    );
}

/** Newest first: starts that still count. */
export function startsSince(
  ctx: QueryCtx,
  { workflowId, rateKey }: Pick<Seat, "workflowId" | "rateKey">,
  after: number,
) {
  return ctx.db
    .query("rateStarts")
    .withIndex("by_workflowId_and_rateKey_and_at", (q) =>
      q.eq("workflowId", workflowId).eq("rateKey", rateKey).gt("at", after),
    )
    .order("desc");
}

/** Best first. */
export function queueOfOrganization(
  ctx: QueryCtx,
  organizationId: Id<"organizations">,
) {
  return ctx.db
    .query("runSeats")
    .withIndex("by_organizationId_and_stage", (q) =>
      q.eq("organizationId", organizationId).eq("stage", STAGE.ORGANIZATION),
    );
}

/** Those that hold a place of the organization. */
export function holdersOfOrganization(
  ctx: QueryCtx,
  organizationId: Id<"organizations">,
) {
  return ctx.db
    .query("runSeats")
    .withIndex("by_organizationId_and_stage", (q) =>
      q.eq("organizationId", organizationId).gte("stage", STAGE.STARTING),
    );
}

/** Those that have been at a stage, or should have left it, since before. */
export function seatsBefore(ctx: QueryCtx, stage: Stage, before: number) {
  return ctx.db
    .query("runSeats")
    .withIndex("by_stage_and_movedAt", (q) =>
      q.eq("stage", stage).lt("movedAt", before),
    );
}

export function seatsOfWorkflow(
  ctx: QueryCtx,
  workflowId: Id<"workflows">,
  stage: Stage,
) {
  return ctx.db
    .query("runSeats")
    .withIndex("by_stage_and_workflowId", (q) =>
      q.eq("stage", stage).eq("workflowId", workflowId),
    );
}

/** The run that another trigger would join. */
export async function pendingDebounce(
  ctx: QueryCtx,
  workflowId: Id<"workflows">,
  debounceKey: string,
): Promise<Seat | null> {
  return await ctx.db
    .query("runSeats")
    .withIndex("by_workflowId_and_debounceKey", (q) =>
      q.eq("workflowId", workflowId).eq("debounceKey", debounceKey),
    )
    .first();
}

/** One seat of each workflow that has some at the stage. */
export async function workflowsAt(
  ctx: QueryCtx,
  stage: Stage,
  limit: number,
): Promise<Seat[]> {
  const found: Seat[] = [];
  while (found.length < limit) {
    const last = found.at(-1);
    const next = await ctx.db
      .query("runSeats")
      .withIndex("by_stage_and_workflowId", (q) => {
        const at = q.eq("stage", stage);
        return last === undefined ? at : at.gt("workflowId", last.workflowId);
      })
      .first();
    if (next === null) break;
    found.push(next);
  }
  return found;
}

export type LaneCursor = { by: "lane" | "rate"; key: string };

/** The next lane or rate of a workflow in which a run waits, in the order of cursors. */
export async function laneAfter(
  ctx: QueryCtx,
  workflowId: Id<"workflows">,
  { by, key }: { by: LaneCursor["by"]; key: string | null },
): Promise<Seat | null> {
  const next =
    by === "lane"
      ? await ctx.db
          .query("runSeats")
          .withIndex("by_lane", (q) => {
            const all = q.eq("workflowId", workflowId);
            return key === null ? all : all.gt("laneKey", key);
          })
          .first()
      : await ctx.db
          .query("runSeats")
          .withIndex("by_rate", (q) => {
            const all = q.eq("workflowId", workflowId);
            return key === null ? all : all.gt("rateKey", key);
          })
          .first();
  return next;
}

export async function moveSeat(
  ctx: MutationCtx,
  seat: Seat,
  stage: Stage,
): Promise<void> {
  const now = Date.now();
  const hasSlept = seat.stage === STAGE.DEBOUNCE;
  await ctx.db.patch("runSeats", seat._id, {
    stage,
    movedAt: now,
    ...(hasSlept ? { debounceKey: null, since: now } : {}),
  });
}

/** How many old starts one start removes: more than come, so that they do not pile up. */
const OLD_STARTS = 10;

/** Counts a start against the rate, and forgets those that no longer count. */
export async function noteStart(
  ctx: MutationCtx,
  { workflowId, rateKey }: Pick<Seat, "workflowId" | "rateKey">,
  { at, periodMs }: { at: number; periodMs: number },
): Promise<void> {
  await ctx.db.insert("rateStarts", { workflowId, rateKey, at });
  const old = await ctx.db
    .query("rateStarts")
    .withIndex("by_workflowId_and_rateKey_and_at", (q) =>
      q
        .eq("workflowId", workflowId)
        .eq("rateKey", rateKey)
        .lte("at", at - periodMs),
    )
    .take(OLD_STARTS);
  for (const { _id } of old) await ctx.db.delete("rateStarts", _id);
}

/** With the end of its run. Who may start now is found out in a transaction of its own. */
export async function leaveSeat(
  ctx: MutationCtx,
  { seatId }: Pick<Doc<"workflowRuns">, "seatId">,
): Promise<void> {
  if (seatId === undefined) return;
  const seat = await ctx.db.get("runSeats", seatId);
  if (seat === null) return;
  await ctx.db.delete("runSeats", seatId);
  await promoteSoon(ctx, seat);
}

export async function promoteSoon(
  ctx: MutationCtx,
  { organizationId, workflowId, laneKey, rateKey }: Lane,
): Promise<void> {
  const lane = { organizationId, workflowId, laneKey, rateKey };
  await ctx.scheduler.runAfter(0, internal.executor.queuedRuns.promoteLane, {
    lane,
  });
}
