import type { Id } from "@/convex/_generated/dataModel";
import type { RunFilter } from "@/convex/validators/runs";

/** Runs that were chosen one by one, or all that match. */
export type BulkTarget =
  | { kind: "runs"; runIds: Id<"workflowRuns">[] }
  | { kind: "filter"; filter: RunFilter };
