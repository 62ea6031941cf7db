/** Starts a test run of a workflow's draft as it is now; whether it is published does not matter. */
import type { Doc, Id } from "../../_generated/dataModel";
import { userError } from "../../errors";
import type { MutationCtx } from "../../functions";
import type { Json } from "../../language/evaluation";
import type { Graph } from "../../language/graph";
import { compileDraft, type StoredDiagnostic } from "../../model/drafts";
import { triggerSettings } from "../../model/triggers";
import { snapshotDraft } from "../../model/versions";
import { draftOf } from "../../model/workflows";
import { startRun } from "../runs/startRun";
import type { TestStart } from "./testRuns";

export type TestOutcome =
  | { kind: "started"; runId: Id<"workflowRuns">; number: number }
  | { kind: "refused"; diagnostics: StoredDiagnostic[] };

/** `plan` checks what was given against the draft, and throws. */
export async function startTest(
  ctx: MutationCtx,
  { workflow, by }: { workflow: Doc<"workflows">; by: string },
  plan: (
    graph: Graph,
    version: Doc<"workflowVersions">,
  ) => { input: Json; test: TestStart },
): Promise<TestOutcome> {
  if (workflow.status === "archived")
    throw userError("paused", "The workflow is archived; restore it first.");
  const { source } = await draftOf(ctx, workflow._id);
  const { compiled, diagnostics, inputSchema } = await compileDraft(source);
  if (compiled === null) return { kind: "refused", diagnostics };
  const version = await snapshotDraft(ctx, workflow, {
    source,
    compiled,
    inputSchema,
    authorName: by,
    note: "",
    triggers: await triggerSettings(ctx, workflow._id),
  });
  const { input, test } = plan(compiled.graph, version);
  const startedBy = { kind: "manual" as const, label: by };
  const start = { workflow, version, input, startedBy, test };
  const { runId, number } = await startRun(ctx, start);
  return { kind: "started", runId, number };
}
