/** Everything that the executor keeps, as one transaction sees it. */
import { isDeepStrictEqual } from "node:util";
import type { Doc } from "../../../convex/_generated/dataModel";
import type { Product } from "../product-test";
import { opened } from "./stored-steps";

const TABLES = [
  "workflowVersions",
  "workflowRuns",
  "stepExecutions",
  "stepAttempts",
  "tasks",
  "openWaits",
  "approvals",
  "payloads",
  "runEvents",
] as const;
type Table = (typeof TABLES)[number];

type Job = { name: string; args: unknown };
export type Snapshot = { [T in Table]: Doc<T>[] } & {
  /** Scheduled functions that have not run. */
  jobs: Job[];
};

export async function takeSnapshot(t: Product): Promise<Snapshot> {
  return await t.run(async ({ db }) => {
    const rows = await Promise.all(
      TABLES.map(async (table) => [
        table,
        opened(table, await db.query(table).collect()),
      ]),
    );
    const all = await db.system.query("_scheduled_functions").collect();
    const jobs = all
      .filter(({ state }) => ["pending", "inProgress"].includes(state.kind))
      .map(({ name, args }): Job => ({ name, args: args[0] as unknown }));
    // Each table was read by its name.
    return { ...(Object.fromEntries(rows) as Omit<Snapshot, "jobs">), jobs };
  });
}

/** Whether a function of this name is scheduled with exactly these arguments. */
export function hasJob(
  { jobs }: Snapshot,
  name: string,
  args: object,
): boolean {
  return jobs.some(
    (job) => job.name.endsWith(`:${name}`) && isDeepStrictEqual(job.args, args),
  );
}
