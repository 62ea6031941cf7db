/** Which runs are meant when somebody means many: the filter of the runs list. */
import type { OrderedQuery } from "convex/server";
import type { DataModel, Doc } from "../_generated/dataModel";
import type { QueryCtx } from "../functions";
import type { RunFilter, RunStatus } from "../validators/runs";

type Run = Doc<"workflowRuns">;
type Runs = OrderedQuery<DataModel["workflowRuns"]>;
type Wanted = { organizationId: Run["organizationId"]; filter: RunFilter };

/** A run in one of these stays in it. */
const FINAL = new Set<RunStatus>(["completed", "failed", "cancelled"]);

/**
 * Those that may match, the oldest first; `isMatch` decides. By status only where a status is final: others change while
 * the list is gone through, and a run that does would be left out.
 */
export function candidates(
  ctx: QueryCtx,
  { organizationId, filter }: Wanted,
  until: number,
): Runs {
  const { workflowId, statuses = [], from = 0 } = filter;
  const to = Math.min(filter.to ?? until, until);
  const runs = ctx.db.query("workflowRuns");
  const status = statuses.length === 1 ? statuses[0] : undefined;
  const final = status !== undefined && FINAL.has(status) ? status : undefined;
  if (workflowId !== undefined)
    return final === undefined
      ? runs.withIndex("by_workflowId", (q) =>
          q
            .eq("workflowId", workflowId)
            .gte("_creationTime", from)
            .lte("_creationTime", to),
        )
      : runs.withIndex("by_workflowId_and_state", (q) =>
          q
            .eq("workflowId", workflowId)
            .eq("state.kind", final)
            .gte("_creationTime", from)
            .lte("_creationTime", to),
        );
  return final === undefined
    ? runs.withIndex("by_organizationId", (q) =>
        q
          .eq("organizationId", organizationId)
          .gte("_creationTime", from)
          .lte("_creationTime", to),
      )
    : runs.withIndex("by_organizationId_and_state", (q) =>
        q
          .eq("organizationId", organizationId)
          .eq("state.kind", final)
          .gte("_creationTime", from)
          .lte("_creationTime", to),
      );
}

export function isMatch(run: Run, { organizationId, filter }: Wanted): boolean {
  const { workflowId, statuses, version, from, to, error } = filter;
  return (
    run.organizationId === organizationId &&
    (workflowId === undefined || run.workflowId === workflowId) &&
    (statuses === undefined || statuses.includes(run.state.kind)) &&
    (version === undefined || run.versionNumber === version) &&
    (from === undefined || run._creationTime >= from) &&
    (to === undefined || run._creationTime <= to) &&
    (error === undefined || hasError(run, error))
  );
}

/** Part of the error's code, name or message, in any case. */
function hasError({ state, error }: Run, wanted: string): boolean {
  if (state.kind !== "failed") return false;
  const { name, message } = state.error;
  return [error?.code ?? "", name, error?.message ?? message].some((text) =>
    text.toLowerCase().includes(wanted.toLowerCase()),
  );
}
