/** What limits the starts of a workflow's runs now: its published version, its pause and its organization. */
import type { Doc, Id } from "../_generated/dataModel";
import type { QueryCtx } from "../functions";
import type { FlowControl } from "../language/graph";

export type Limits = {
  /** null: it was deleted. */
  workflow: Doc<"workflows"> | null;
  flow: FlowControl | null;
  /** Nothing starts until it is resumed. */
  isHeld: boolean;
  /** Runs of the organization at once; null: as many as come. */
  organizationLimit: number | null;
};

export async function limitsOf(
  ctx: QueryCtx,
  {
    workflowId,
    organizationId,
  }: { workflowId: Id<"workflows">; organizationId: Id<"organizations"> },
): Promise<Limits> {
  const workflow = await ctx.db.get("workflows", workflowId);
  return {
    workflow,
    flow: await publishedFlow(ctx, workflow),
    isHeld: workflow !== null && isHeld(workflow),
    organizationLimit: await organizationLimit(ctx, organizationId),
  };
}

export async function publishedFlow(
  ctx: QueryCtx,
  workflow: Doc<"workflows"> | null,
): Promise<FlowControl | null> {
  const published = workflow?.publishedVersion ?? null;
  if (published === null) return null;
  const version = await ctx.db.get("workflowVersions", published._id);
  return version === null ? null : flowOfVersion(version);
}

export async function organizationLimit(
  ctx: QueryCtx,
  organizationId: Id<"organizations">,
): Promise<number | null> {
  const organization = await ctx.db.get("organizations", organizationId);
  return organization?.runConcurrency ?? null;
}

export function isHeld({ status }: Doc<"workflows">): boolean {
  return status === "paused" || status === "archived";
}

export function flowOfVersion({
  flow,
}: Doc<"workflowVersions">): FlowControl | null {
  // Written by the compiler when the version was published.
  return flow === undefined ? null : (JSON.parse(flow) as FlowControl);
}
