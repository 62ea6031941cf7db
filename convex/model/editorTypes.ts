/** Everything that an organization adds to `lockstep.d.ts`. */
import type { Doc, Id } from "../_generated/dataModel";
import type { QueryCtx } from "../functions";
import type { JsonSchema } from "../language/graph";
import {
  organizationTypes,
  type OrganizationTypes,
  type WorkflowTypes,
} from "../language/organizationTypes";
import { versionOf } from "./keptVersions";
import { MAX_OBSERVED, observed, observedSteps } from "./observations";
import { secretsOf } from "./secrets";

/** Versions are large: so many are read of workflows that were published since somebody looked at them. */
const MAX_VERSIONS = 40;

export async function typesFor(
  ctx: QueryCtx,
  { _id, organizationId }: Doc<"workflows">,
): Promise<string> {
  const secrets = await secretsOf(ctx, organizationId);
  const steps = (await observedSteps(ctx, organizationId, _id)) ?? [];
  return organizationTypes({
    secrets: secrets.map(({ name }) => name),
    events: await eventsOf(ctx, organizationId),
    workflows: await workflowsOf(ctx, organizationId),
    steps: steps.map(([path, seen]) => ({ path, seen })),
  });
}

/** Those that were seen, and those that triggers wait for. */
async function eventsOf(
  ctx: QueryCtx,
  organizationId: Id<"organizations">,
): Promise<OrganizationTypes["events"]> {
  const seen = await observed(ctx, organizationId, "event");
  const names = new Set([
    ...seen.keys(),
    ...(await triggeringEvents(ctx, organizationId)),
  ]);
  return [...names]
    .sort()
    .map((name) => ({ name, seen: seen.get(name) ?? null }));
}

async function triggeringEvents(
  ctx: QueryCtx,
  organizationId: Id<"organizations">,
): Promise<string[]> {
  const triggers = await ctx.db
    .query("triggers")
    .withIndex("by_organizationId_and_event", (q) =>
      q.eq("organizationId", organizationId).gt("config.event", ""),
    )
    .take(MAX_OBSERVED.event);
  return triggers.flatMap(({ config }) =>
    config.kind === "event" ? [config.event] : [],
  );
}

async function workflowsOf(
  ctx: QueryCtx,
  organizationId: Id<"organizations">,
): Promise<WorkflowTypes[]> {
  const workflows = await ctx.db
    .query("workflows")
    .withIndex("by_organizationId", (q) =>
      q.eq("organizationId", organizationId),
    )
    .order("desc")
    .take(MAX_OBSERVED.workflow);
  const known = await observed(ctx, organizationId, "workflow");
  let versionsLeft = MAX_VERSIONS;
  const types: WorkflowTypes[] = [];
  for (const { _id, slug, publishedVersion } of workflows) {
    const row = known.get(_id) ?? null;
    const output = row?.output ?? null;
    const versionId = publishedVersion?._id ?? null;
    const isKnown = row?.versionId === versionId;
    if (!isKnown) versionsLeft -= 1;
    const schema =
      isKnown || versionId === null || versionsLeft < 0
        ? (row?.inputSchema ?? null)
        : (await versionOf(ctx, versionId)).inputSchema;
    types.push({ slug, inputSchema: parsedSchema(schema), output });
  }
  return types;
}

/** Written by the compiler when the version was published. */
function parsedSchema(text: string | null): JsonSchema | null {
  return text === null ? null : (JSON.parse(text) as JsonSchema);
}
