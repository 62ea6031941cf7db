/** The workflows that a draft runs by name. */
import type { Doc } from "../_generated/dataModel";
import type { QueryCtx } from "../functions";
import { START } from "../language/diagnostics";
import { workflowsRun } from "../language/runStep";
import type { CompiledDraft } from "./drafts";
import { findWorkflow } from "./workflows";

/** A warning for each that there is not: it may come later, and what cannot start fails its step by name. */
export async function withUnknownWorkflows(
  ctx: QueryCtx,
  { organizationId }: Doc<"workflows">,
  draft: CompiledDraft,
): Promise<CompiledDraft> {
  if (draft.compiled === null) return draft;
  const diagnostics = [...draft.diagnostics];
  for (const [slug, { range }] of workflowsRun(draft.compiled.graph)) {
    if ((await findWorkflow(ctx, organizationId, slug)) !== null) continue;
    const message = `There is no workflow "${slug}" yet: the step fails as long as there is none.`;
    diagnostics.push({ severity: "warning", message, ...(range ?? START) });
  }
  return { ...draft, diagnostics };
}
