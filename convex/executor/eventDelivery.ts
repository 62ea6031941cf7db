/** Scheduled mutations that bring events to runs. Each checks first whether it still matters. */
import { v } from "convex/values";
import { must } from "../errors";
import { internalMutation } from "../functions";
import { vLookBackCursor } from "../validators/waits";
import { goOnWith } from "./waits/eventSearches";
import { closeWait, findWait } from "./waits/eventWaits";
import { lookBackAfter } from "./waits/lookBack";
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
  args: { searchId: v.id("eventSearches") },
  returns: v.null(),
  handler: async (ctx, { searchId }) => {
    const search = await ctx.db.get("eventSearches", searchId);
    if (search !== null) await goOnWith(ctx, search);
    return null;
  },
});

/** The next part of an open wait's look back. */
export const lookFurther = internalMutation({
  args: { waitId: v.id("openWaits"), after: vLookBackCursor },
  returns: v.null(),
  handler: async (ctx, { waitId, after }) => {
    const wait = await ctx.db.get("openWaits", waitId);
    if (wait !== null) await lookBackAfter(ctx, wait, after);
    return null;
  },
});
