import { useConvex } from "convex/react";
import type { FunctionArgs, FunctionReturnType } from "convex/server";
import { useEffect, useState } from "react";
import { api } from "@/convex/_generated/api";
import type { BulkAction } from "@/convex/validators/bulkJobs";
import { useWorkspace } from "@/features/shell/workspace";
import type { BulkTarget } from "./bulk-target";

export type BulkCount = FunctionReturnType<typeof api.bulkJobs.count>;

type CountArgs = FunctionArgs<typeof api.bulkJobs.count>;

const TYPING_MS = 300;

/** Asked once for each filter, not followed: a count over many runs would change with each of them. Null: not yet known. */
export function useBulkCount(
  action: BulkAction["kind"],
  target: BulkTarget,
): BulkCount | null {
  const convex = useConvex();
  const { organizationId } = useWorkspace();
  const wanted = JSON.stringify({
    organizationId,
    action,
    selection: target,
  } satisfies CountArgs);
  const [counted, setCounted] = useState<{
    of: string;
    count: BulkCount;
  } | null>(null);
  useEffect(() => {
    let isGone = false;
    const timer = setTimeout(() => {
      void convex
        // What was made into text above.
        .query(api.bulkJobs.count, JSON.parse(wanted) as CountArgs)
        .then((count) => (isGone ? null : setCounted({ of: wanted, count })));
    }, TYPING_MS);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [convex, wanted]);
  return counted?.of === wanted ? counted.count : null;
}
