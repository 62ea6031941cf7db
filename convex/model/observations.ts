/** Writer of `observations`. */
import type { Id } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../functions";
import type { Seen } from "../language/shapeType";
import type { Observation, ObservedSubject } from "../validators/observations";

/** What is kept of each subject. */
export type Observed = {
  workflow: ObservedWorkflow;
  /** The input as "". */
  steps: [path: string, seen: Seen][];
  event: Seen;
};

/** The input is kept with its version, so that the editor need not read versions, which are large. */
export type ObservedWorkflow = {
  output: Seen | null;
  versionId: Id<"workflowVersions"> | null;
  /** JSON text. */
  inputSchema: string | null;
};

/** So many of a subject are shown, and looked for. */
export const MAX_OBSERVED = { workflow: 500, steps: 1, event: 100 } as const;

export async function observed<Subject extends ObservedSubject>(
  ctx: QueryCtx,
  organizationId: Id<"organizations">,
  subject: Subject,
): Promise<Map<string, Observed[Subject]>> {
  const rows = await ctx.db
    .query("observations")
    .withIndex("by_organizationId_and_subject_and_name", (q) =>
      q.eq("organizationId", organizationId).eq("subject", subject),
    )
    .take(MAX_OBSERVED[subject]);
  return new Map(rows.map(({ name, seen }) => [name, parsed(subject, seen)]));
}

/** null when nobody has looked yet. */
export async function observedSteps(
  ctx: QueryCtx,
  organizationId: Id<"organizations">,
  workflowId: Id<"workflows">,
): Promise<Observed["steps"] | null> {
  const row = await find(ctx, organizationId, "steps", workflowId);
  return row === null ? null : parsed("steps", row.seen);
}

function parsed<Subject extends ObservedSubject>(
  _subject: Subject,
  seen: string,
): Observed[Subject] {
  // Written below from the same type.
  return JSON.parse(seen) as Observed[Subject];
}

/** Writes only what differs, so that nobody who watches is told of nothing. */
export async function storeObservation(
  ctx: MutationCtx,
  organizationId: Id<"organizations">,
  subject: ObservedSubject,
  { name, seen }: Observation,
): Promise<void> {
  const row = await find(ctx, organizationId, subject, name);
  if (row === null)
    await ctx.db.insert("observations", {
      organizationId,
      subject,
      name,
      seen,
    });
  else if (row.seen !== seen)
    await ctx.db.patch("observations", row._id, { seen });
}

export async function removeObservationsOf(
  ctx: MutationCtx,
  organizationId: Id<"organizations">,
  workflowId: Id<"workflows">,
): Promise<void> {
  for (const subject of ["workflow", "steps"] as const) {
    const row = await find(ctx, organizationId, subject, workflowId);
    if (row !== null) await ctx.db.delete("observations", row._id);
  }
}

async function find(
  ctx: QueryCtx,
  organizationId: Id<"organizations">,
  subject: ObservedSubject,
  name: string,
) {
  return await ctx.db
    .query("observations")
    .withIndex("by_organizationId_and_subject_and_name", (q) =>
      q
        .eq("organizationId", organizationId)
        .eq("subject", subject)
        .eq("name", name),
    )
    .unique();
}
