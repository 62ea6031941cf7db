/** E4 and E5 for runs that are queued: what should have moved them and did not is done here, and counted. */
import { internal } from "../../_generated/api";
import type { MutationCtx } from "../../functions";
import { mayTry } from "../runs/stalledRuns";
import { beginSoon } from "./promotion";
import {
  promoteSoon,
  type Seat,
  seatsBefore,
  STAGE,
  workflowsAt,
} from "./runSeats";

const BATCH = 100;

/** Returns how many runs had to be helped. */
export async function repairQueues(
  ctx: MutationCtx,
  before: number,
): Promise<number> {
  const overdue = await seatsBefore(ctx, STAGE.DEBOUNCE, before).take(BATCH);
  for (const seat of overdue)
    if (await mayHelp(ctx, seat, "the end of its debounce"))
      await ctx.scheduler.runAfter(
        0,
        internal.executor.queuedRuns.endDebounce,
        {
          seatId: seat._id,
        },
      );
  const lost = await seatsBefore(ctx, STAGE.STARTING, before).take(BATCH);
  for (const seat of lost)
    if (await mayHelp(ctx, seat, "its first turn"))
      await beginSoon(ctx, [seat]);
  const empty = await removeEmptySeats(ctx, before);
  await askEveryQueue(ctx);
  return overdue.length + lost.length + empty;
}

/** What fails each time ends the run, so that it does not hold its place for ever. */
async function mayHelp(
  ctx: MutationCtx,
  { runId }: Seat,
  what: string,
): Promise<boolean> {
  const run = await ctx.db.get("workflowRuns", runId);
  return run !== null && (await mayTry(ctx, run, { what, first: 1 }));
}

/** The place of a run that has ended: it cannot be, but if it is, nobody waits for it for ever. */
async function removeEmptySeats(
  ctx: MutationCtx,
  before: number,
): Promise<number> {
  const seats = await seatsBefore(ctx, STAGE.STARTED, before).take(BATCH);
  let removed = 0;
  for (const seat of seats) {
    const run = await ctx.db.get("workflowRuns", seat.runId);
    if (run !== null && run.endedAt === null) continue;
    await ctx.db.delete("runSeats", seat._id);
    await promoteSoon(ctx, seat);
    removed += 1;
  }
  return removed;
}

/** Costs nothing where nobody waits. */
async function askEveryQueue(ctx: MutationCtx): Promise<void> {
  const { promoteWorkflow, promoteOrganization } = internal.executor.queuedRuns;
  for (const stage of [STAGE.LANE, STAGE.RATE])
    for (const { workflowId } of await workflowsAt(ctx, stage, BATCH))
      await ctx.scheduler.runAfter(0, promoteWorkflow, { workflowId });
  const atLast = await workflowsAt(ctx, STAGE.ORGANIZATION, BATCH);
  const organizations = new Set(
    atLast.map(({ organizationId }) => organizationId),
  );
  for (const organizationId of organizations)
    await ctx.scheduler.runAfter(0, promoteOrganization, { organizationId });
}
