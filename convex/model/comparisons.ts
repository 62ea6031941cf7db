/** Two versions of a workflow, or a version and the draft, side by side. */
import type { Doc, Id } from "../_generated/dataModel";
import { userError } from "../errors";
import type { QueryCtx } from "../functions";
import { type Graph, type JsonSchema, topSteps } from "../language/graph";
import { diffGraphs } from "../language/graphDiff";
import { ownCode } from "../language/ownCode";
import { diffSchemas } from "../language/schemaDiff";
import type { TriggerSetting } from "../validators/triggers";
import type { Comparison } from "./comparisonShapes";
import { compileDraft, type StoredDiagnostic } from "./drafts";
import { diffTriggers } from "./triggerDiff";
import { triggerSettings } from "./triggers";
import { sourceOf } from "./versions";
import { draftOf } from "./workflows";

type Side = {
  number: number | null;
  source: string;
  diagnostics: StoredDiagnostic[];
  /** null: it does not compile. */
  compiled: { graph: Graph; inputSchema: JsonSchema | null } | null;
  triggers: TriggerSetting[] | null;
};

export function compareSides(from: Side, to: Side): Comparison {
  const both =
    from.compiled === null || to.compiled === null
      ? null
      : { was: from.compiled, now: to.compiled };
  return {
    from: shown(from),
    to: shown(to),
    graph:
      both &&
      diffGraphs(
        withCode(both.was.graph, from.source),
        withCode(both.now.graph, to.source),
      ),
    input: both && diffSchemas(both.was.inputSchema, both.now.inputSchema),
    triggers:
      from.triggers && to.triggers && diffTriggers(from.triggers, to.triggers),
  };
}

function shown({ number, source, diagnostics }: Side) {
  return { number, source, diagnostics };
}

function withCode(graph: Graph, source: string) {
  return { graph, code: ownCode(source, topSteps(graph)) };
}

export async function versionSide(
  ctx: QueryCtx,
  version: Doc<"workflowVersions">,
): Promise<Side> {
  const { _id, number, graph, inputSchema, triggers } = version;
  return {
    number,
    source: await sourceOf(ctx, _id),
    diagnostics: [],
    // Written by the compiler when the version was published.
    compiled: {
      graph: JSON.parse(graph) as Graph,
      inputSchema:
        inputSchema === null ? null : (JSON.parse(inputSchema) as JsonSchema),
    },
    triggers: triggers ?? null,
  };
}

async function draftSide(
  ctx: QueryCtx,
  workflow: Doc<"workflows">,
): Promise<Side> {
  const { source } = await draftOf(ctx, workflow._id);
  const { compiled, diagnostics } = await compileDraft(source);
  const triggers = await triggerSettings(ctx, workflow._id);
  if (compiled === null)
    return { number: null, source, diagnostics, compiled: null, triggers };
  const { graph } = compiled;
  const inputSchema =
    compiled.inputSchema === true ? null : compiled.inputSchema;
  return {
    number: null,
    source,
    diagnostics: [],
    compiled: { graph, inputSchema },
    triggers,
  };
}

/** Null when it is not there, or not in the same organization. */
export async function otherSide(
  ctx: QueryCtx,
  from: Doc<"workflowVersions">,
  to: Id<"workflowVersions"> | "draft",
): Promise<Side | null> {
  if (to === "draft") {
    const workflow = await ctx.db.get("workflows", from.workflowId);
    return workflow && (await draftSide(ctx, workflow));
  }
  const version = await ctx.db.get("workflowVersions", to);
  if (version?.organizationId !== from.organizationId) return null;
  if (version.workflowId !== from.workflowId)
    throw userError(
      "invalid_argument",
      "Both versions must be of the same workflow.",
      { field: "to" },
    );
  return await versionSide(ctx, version);
}
