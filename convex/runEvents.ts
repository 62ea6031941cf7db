import {
  paginationOptsValidator,
  paginationResultValidator,
} from "convex/server";
import { v } from "convex/values";
import type { Doc } from "./_generated/dataModel";
import { parseEvents } from "./executor/runs/eventLog";
import { eventName } from "./executor/runs/runHistory";
import { query } from "./functions";
import { visible } from "./model/access";

const vEvent = v.object({
  /** 0, 1, 2, … without holes, in the order in which things happened. */
  index: v.number(),
  at: v.number(),
  /** "run.started", "step.retrying", "attempt.started", … */
  type: v.string(),
  stepKey: v.union(v.string(), v.null()),
  /** JSON text of the event. */
  data: v.string(),
});

/** Everything that happened to a run, oldest first. A page holds chunks, each with the events of one transaction. */
export const list = query({
  args: {
    runId: v.id("workflowRuns"),
    /** Only events behind this index. */
    after: v.optional(v.number()),
    paginationOpts: paginationOptsValidator,
  },
  returns: paginationResultValidator(vEvent),
  handler: async (ctx, { runId, after = -1, paginationOpts }) => {
    if ((await visible(ctx, await ctx.db.get("workflowRuns", runId))) === null)
      return { page: [], isDone: true, continueCursor: "" };
    const found = await ctx.db
      .query("runEvents")
      .withIndex("by_runId_and_next", (q) =>
        q.eq("runId", runId).gt("next", after + 1),
      )
      .paginate(paginationOpts);
    const events = found.page.flatMap(eventsOf);
    return { ...found, page: events.filter(({ index }) => index > after) };
  },
});

function eventsOf({ events, next, at }: Doc<"runEvents">) {
  return parseEvents(events).map((event, position, { length }) => ({
    index: next - length + position,
    at,
    type: eventName(event),
    stepKey: "key" in event ? event.key : null,
    data: JSON.stringify(event),
  }));
}
