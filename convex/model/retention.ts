/** How long the runs of a workflow are kept after their end. */
import type { Doc } from "../_generated/dataModel";
import { userError } from "../errors";
import type { MutationCtx } from "../functions";
import type { Retention } from "../validators/workflows";
import { findCounter } from "./runCounters";

const DAY_MS = 86_400_000;
/** Of runs whose workflow says nothing, and of what belongs to no workflow. */
export const DEFAULT_DAYS = 30;
const MAX_DAYS = 3_650;

export function retentionOf({
  retention,
}: Pick<Doc<"workflows">, "retention">): Retention {
  return retention ?? { kind: "days", days: DEFAULT_DAYS };
}

/** What ended before may be deleted; null: nothing. */
export function cutoffOf(retention: Retention, now: number): number | null {
  return retention.kind === "forever" ? null : now - retention.days * DAY_MS;
}

export function checkRetention(retention: Retention): void {
  if (retention.kind === "forever") return;
  const { days } = retention;
  if (Number.isInteger(days) && days >= 1 && days <= MAX_DAYS) return;
  throw userError(
    "invalid_argument",
    `Runs are kept for 1 to 3,650 whole days, or forever; ${days} is neither.`,
    { field: "retention" },
  );
}

/** The workflow is removed: its runs stay for as long as it said, and its versions as long as they. */
export async function keepRetention(
  ctx: MutationCtx,
  workflow: Doc<"workflows">,
): Promise<void> {
  const retention = retentionOf(workflow);
  const counter = await findCounter(ctx, workflow._id);
  if (counter === null)
    await ctx.db.insert("runCounters", {
      workflowId: workflow._id,
      last: 0,
      retention,
    });
  else await ctx.db.patch("runCounters", counter._id, { retention });
}
