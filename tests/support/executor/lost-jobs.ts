/** Scheduled functions that never run, which neither platform lets happen, and the sweep that looks after what they left. */
import { internal } from "../../../convex/_generated/api";
import type { StagedExecutor } from "./staged-executor";

const MINUTE = 60_000;

/** As if they had never been scheduled; there must be some. */
export async function loseJobs(
  { t }: StagedExecutor,
  name: string,
): Promise<void> {
  const lost = await t.run(async ({ db, scheduler }) => {
    const jobs = await db.system.query("_scheduled_functions").collect();
    const pending = jobs.filter(
      (job) => job.state.kind === "pending" && job.name.endsWith(`:${name}`),
    );
    for (const { _id } of pending) await scheduler.cancel(_id);
    return pending.length;
  });
  if (lost === 0) throw new Error(`${name} was not scheduled`);
}

/** What the cron does each minute. */
export async function sweepAfterMinute(
  executor: StagedExecutor,
): Promise<void> {
  await executor.pass(MINUTE + 1_000);
  await executor.t.mutation(internal.executor.recovery.sweep, {});
  await executor.pass();
}
