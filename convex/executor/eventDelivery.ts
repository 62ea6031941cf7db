/** Scheduled mutations that bring events to runs. Each checks first whether it still matters. */
import { v } from "convex/values";
import { must } from "../errors";
import { internalMutation } from "../functions";
import {
  closeWait,
  findWait,
  lookBackAfter,
  matchOpenWaits,
} from "./waits/eventWaits";
import { receiveEvent } from "./waits/waits";
import { loadTurn, takeTurn } from "./flow/turn";

/** The turn of a run whose step got its event. */
export const deliver = internalMutation({
  args: { runId: v.id("workflowRuns"), stepKey: v.string() },
  returns: v.null(),
  handler: async (ctx, { runId, stepKey }) => {
    const wait = await findWait(ctx, runId, stepKey);
    if (wait === null || wait.eventId === null) return null;
    await closeWait(ctx, wait);
    const turn = await loadTurn(ctx, runId);
    if (turn === null) return null;
    const event = await ctx.db.get("events", wait.eventId);
    const received = must(event, `event ${wait.eventId}`);
    await takeTurn(turn, await receiveEvent(turn, stepKey, received));
    return null;
  },
});

/** The next part of an event's search for open waits. */
export const matchFurther = internalMutation({
  args: {
    eventId: v.id("events"),
    from: v.union(v.object({ field: v.string(), after: v.number() }), v.null()),
  },
  returns: v.null(),
  handler: async (ctx, { eventId, from }) => {
    const event = await ctx.db.get("events", eventId);
    if (event !== null) await matchOpenWaits(ctx, event, from);
    return null;
  },
});

/** The next part of an open wait's look back. */
export const lookFurther = internalMutation({
  args: {
    waitId: v.id("openWaits"),
    after: v.object({
      scope: v.union(v.literal("run"), v.literal("organization")),
      after: v.number(),
    }),
  },
  returns: v.null(),
  handler: async (ctx, { waitId, after }) => {
    const wait = await ctx.db.get("openWaits", waitId);
    if (wait !== null) await lookBackAfter(ctx, wait, after);
    return null;
  },
});
