import {
  paginationOptsValidator,
  paginationResultValidator,
} from "convex/server";
import { v } from "convex/values";
import type { Id } from "./_generated/dataModel";
import { query, type QueryCtx } from "./functions";
import { visible } from "./model/access";
import { stepAt } from "./model/stepReads";
import { vLogLine } from "./validators/steps";

const args = {
  runId: v.id("workflowRuns"),
  stepKey: v.string(),
  attempt: v.number(),
  paginationOpts: paginationOptsValidator,
};
const NOTHING = { page: [], isDone: true, continueCursor: "" };

/** What an attempt logged so far, oldest first; `index` counts from 0. A page holds chunks of lines. */
export const listLines = query({
  args,
  returns: paginationResultValidator(
    v.object({ index: v.number(), ...vLogLine.fields }),
  ),
  handler: async (ctx, { runId, stepKey, attempt, paginationOpts }) => {
    const stepId = await visibleStep(ctx, runId, stepKey);
    if (stepId === null) return NOTHING;
    const found = await ctx.db
      .query("stepLogs")
      .withIndex("by_stepId_and_attempt_and_next", (q) =>
        q.eq("stepId", stepId).eq("attempt", attempt),
      )
      .paginate(paginationOpts);
    const page = found.page.flatMap(({ lines, next }) =>
      lines.map((line, position) => ({
        index: next - lines.length + position,
        ...line,
      })),
    );
    return { ...found, page };
  },
});

/** What an attempt streamed so far, in parts. */
export const listStream = query({
  args,
  returns: paginationResultValidator(
    v.object({
      text: v.string(),
      /** There was more than 1 MiB; it ends here. */
      isCut: v.boolean(),
    }),
  ),
  handler: async (ctx, { runId, stepKey, attempt, paginationOpts }) => {
    const stepId = await visibleStep(ctx, runId, stepKey);
    if (stepId === null) return NOTHING;
    const found = await ctx.db
      .query("stepStreams")
      .withIndex("by_stepId_and_attempt_and_next", (q) =>
        q.eq("stepId", stepId).eq("attempt", attempt),
      )
      .paginate(paginationOpts);
    const page = found.page.map(({ text, isCut }) => ({ text, isCut }));
    return { ...found, page };
  },
});

async function visibleStep(
  ctx: QueryCtx,
  runId: Id<"workflowRuns">,
  stepKey: string,
): Promise<Id<"stepExecutions"> | null> {
  const run = await visible(ctx, await ctx.db.get("workflowRuns", runId));
  const step = run && (await stepAt(ctx, runId, stepKey));
  return step?._id ?? null;
}
