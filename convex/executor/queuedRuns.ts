/** Scheduled mutations that start queued runs. Each checks first what there is to do, so one too many does nothing. */
import { v } from "convex/values";
import type { Id } from "../_generated/dataModel";
import { internal } from "../_generated/api";
import { internalMutation, type MutationCtx } from "../functions";
import * as admission from "./queue/admission";
import * as promotion from "./queue/promotion";
import { laneAfter, type LaneCursor } from "./queue/runSeats";

/** Lanes of one transaction. */
const LANES = 20;

const vLane = v.object({
  organizationId: v.id("organizations"),
  workflowId: v.id("workflows"),
  laneKey: v.string(),
  rateKey: v.string(),
});

export const promoteLane = internalMutation({
  args: { lane: vLane },
  returns: v.null(),
  handler: async (ctx, { lane }) => {
    await promotion.beginSoon(ctx, await promotion.promote(ctx, lane));
    return null;
  },
});

export const promoteOrganization = internalMutation({
  args: { organizationId: v.id("organizations") },
  returns: v.null(),
  handler: async (ctx, { organizationId }) => {
    await promotion.beginSoon(
      ctx,
      await promotion.promoteOrganization(ctx, organizationId),
    );
    return null;
  },
});

/** Every lane of the workflow, some in each transaction: after it was resumed, published or deleted. */
export const promoteWorkflow = internalMutation({
  args: {
    workflowId: v.id("workflows"),
    after: v.optional(
      v.object({
        by: v.union(v.literal("lane"), v.literal("rate")),
        key: v.string(),
      }),
    ),
  },
  returns: v.null(),
  handler: async (ctx, { workflowId, after }) => {
    await promoteFrom(ctx, workflowId, after ?? { by: "lane", key: null });
    return null;
  },
});

async function promoteFrom(
  ctx: MutationCtx,
  workflowId: Id<"workflows">,
  { by, key }: { by: LaneCursor["by"]; key: string | null },
): Promise<void> {
  let at = key;
  for (let lanes = 0; lanes < LANES; lanes++) {
    const seat = await laneAfter(ctx, workflowId, { by, key: at });
    if (seat === null)
      return by === "lane"
        ? await promoteFrom(ctx, workflowId, { by: "rate", key: null })
        : undefined;
    at = by === "lane" ? seat.laneKey : seat.rateKey;
    await promotion.beginSoon(ctx, await promotion.promote(ctx, seat));
  }
  if (at === null) return;
  await ctx.scheduler.runAfter(
    0,
    internal.executor.queuedRuns.promoteWorkflow,
    { workflowId, after: { by, key: at } },
  );
}

/** The first turn. */
export const begin = internalMutation({
  args: { runId: v.id("workflowRuns") },
  returns: v.null(),
  handler: async (ctx, { runId }) => {
    await promotion.beginQueued(ctx, runId);
    return null;
  },
});

export const endDebounce = internalMutation({
  args: { seatId: v.id("runSeats") },
  returns: v.null(),
  handler: async (ctx, { seatId }) => {
    const seat = await ctx.db.get("runSeats", seatId);
    if (seat !== null) await admission.endDebounce(ctx, seat);
    return null;
  },
});
