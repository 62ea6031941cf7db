/** Something takes the place of a draft: what was in it is kept, unless it is published anyway. */
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx } from "../functions";
import { compileDraft, type StoredDiagnostic } from "./drafts";
import { keepDraft, type Replacement } from "./keptDrafts";
import { sourceOf } from "./versions";
import { draftOf, saveDraft } from "./workflows";

export type Replaced = {
  /** null when nothing was in the draft that is not published. */
  keptDraftId: Id<"keptDrafts"> | null;
  diagnostics: StoredDiagnostic[];
};

export async function replaceDraft(
  ctx: MutationCtx,
  workflow: Doc<"workflows">,
  { source, ...replacement }: { source: string } & Replacement,
): Promise<Replaced> {
  const before = await draftOf(ctx, workflow._id);
  const isLoss = workflow.hasDraftChanges && before.source !== source;
  const keptDraftId = isLoss
    ? await keepDraft(ctx, workflow, { source: before.source, ...replacement })
    : null;
  const draft = await compileDraft(source);
  const published = workflow.publishedVersion;
  const isPublished =
    published !== null && (await sourceOf(ctx, published._id)) === source;
  await saveDraft(ctx, workflow, { source, draft, isPublished });
  return { keptDraftId, diagnostics: draft.diagnostics };
}
