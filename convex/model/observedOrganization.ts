/** Looks at what the workflows of an organization gave and at the data of its events, a page at a time. */
import type { Doc, Id } from "../_generated/dataModel";
import type { QueryCtx } from "../functions";
import type { Seen } from "../language/shapeType";
import type { Observation } from "../validators/observations";
import { eventData } from "./events";
import { versionOf } from "./keptVersions";
import { MAX_OBSERVED, type ObservedWorkflow } from "./observations";
import { RunLook } from "./observedRuns";
import { SeenValues } from "./seenValues";

const WORKFLOWS_OF_PAGE = 20;
const RUNS_OF_WORKFLOW = 5;
const EVENTS_OF_PAGE = 20;
const EVENTS_OF_NAME = 5;
const MAX_SCHEMA_CHARS = 8 * 1024;

export type LookPage = {
  found: Observation[];
  /** Where to go on; null: that was all. */
  after: string | null;
};

/** Inputs and outputs of workflows, by their ids; the newest workflows first. `after` is a place in that list. */
export async function lookAtWorkflows(
  ctx: QueryCtx,
  organizationId: Id<"organizations">,
  after: string | null,
): Promise<LookPage> {
  const from = Number(after ?? 0);
  const workflows = await ctx.db
    .query("workflows")
    .withIndex("by_organizationId", (q) =>
      q.eq("organizationId", organizationId),
    )
    .order("desc")
    .take(from + WORKFLOWS_OF_PAGE);
  const next = from + WORKFLOWS_OF_PAGE;
  const isAll = workflows.length < next || next >= MAX_OBSERVED.workflow;
  const found: Observation[] = [];
  for (const workflow of workflows.slice(from)) {
    const seen = JSON.stringify(await lookAtWorkflow(ctx, workflow));
    found.push({ name: workflow._id, seen });
  }
  return { found, after: isAll ? null : String(next) };
}

async function lookAtWorkflow(
  ctx: QueryCtx,
  workflow: Doc<"workflows">,
): Promise<ObservedWorkflow> {
  const versionId = workflow.publishedVersion?._id ?? null;
  const output = await outputOf(ctx, workflow);
  const inputSchema =
    versionId === null ? null : (await versionOf(ctx, versionId)).inputSchema;
  return {
    output,
    versionId,
    inputSchema:
      inputSchema !== null && inputSchema.length > MAX_SCHEMA_CHARS
        ? null
        : inputSchema,
  };
}

async function outputOf(
  ctx: QueryCtx,
  { _id: workflowId }: Doc<"workflows">,
): Promise<Seen | null> {
  const completed = await ctx.db
    .query("workflowRuns")
    .withIndex("by_workflowId_and_state", (q) =>
      q.eq("workflowId", workflowId).eq("state.kind", "completed"),
    )
    .order("desc")
    .take(RUNS_OF_WORKFLOW);
  const look = new RunLook(ctx);
  for (const run of completed) {
    // What pins gave, and the end of a step alone, are no output of the workflow.
    if (run.hasPins || run.onlyStep !== undefined) continue;
    const { number, output: ref } = run;
    await look.value({ path: workflowId, run: number, part: "all", ref });
  }
  return look.seen.seen()[0]?.[1] ?? null;
}

/** Events by name, in their order; `after` is the last name of the page before. */
export async function lookAtEvents(
  ctx: QueryCtx,
  organizationId: Id<"organizations">,
  after: string | null,
): Promise<LookPage> {
  const seen = new SeenValues();
  let name = after ?? "";
  for (let page = 0; page < EVENTS_OF_PAGE; page++) {
    const next = await nextEvent(ctx, organizationId, name);
    if (next === null) return { found: observations(seen), after: null };
    name = next.name;
    for (const [number, event] of (await newestEvents(ctx, next)).entries())
      seen.add(name, number, eventData(event));
  }
  return { found: observations(seen), after: name };
}

function observations(seen: SeenValues): Observation[] {
  return seen
    .seen()
    .map(([name, one]) => ({ name, seen: JSON.stringify(one) }));
}

async function nextEvent(
  ctx: QueryCtx,
  organizationId: Id<"organizations">,
  after: string,
): Promise<Doc<"events"> | null> {
  return await ctx.db
    .query("events")
    .withIndex("by_organizationId_and_runId_and_name", (q) =>
      q
        .eq("organizationId", organizationId)
        .eq("runId", null)
        .gt("name", after),
    )
    .first();
}

async function newestEvents(
  ctx: QueryCtx,
  { organizationId, name }: Doc<"events">,
): Promise<Doc<"events">[]> {
  return await ctx.db
    .query("events")
    .withIndex("by_organizationId_and_runId_and_name", (q) =>
      q.eq("organizationId", organizationId).eq("runId", null).eq("name", name),
    )
    .order("desc")
    .take(EVENTS_OF_NAME);
}
