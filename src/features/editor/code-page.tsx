"use client";

import { parseAsInteger, parseAsString, useQueryStates } from "nuqs";
import { useMemo, useState } from "react";
import { Button } from "@/components/ui/button";
import { canEdit } from "@/lib/roles";
import type { EditorPosition } from "./code-editor";
import { LazyCodeEditor } from "./lazy-code-editor";
import { mergeProblems } from "./problems";
import { ProblemsPanel } from "./problems-panel";
import { useDraftSnapshot } from "./use-draft";
import { useEditorTypes } from "./use-editor-types";
import { TestPanel } from "./testing/test-panel";
import { SnapshotView, VersionView } from "./version-view";
import { useWorkflow } from "./workflow-context";

/** The draft, or with `?v=12&L=31` version 12 read-only with line 31 in view; `?snapshot=` is a draft that was tested. */
export function CodePage() {
  const [{ v, L, snapshot }] = useQueryStates({
    v: parseAsInteger,
    L: parseAsInteger,
    snapshot: parseAsString,
  });
  const { workflow } = useWorkflow();
  if (v !== null) {
    return <VersionView key={v} workflow={workflow} number={v} line={L} />;
  }
  if (snapshot !== null) {
    return <SnapshotView key={snapshot} id={snapshot} line={L} />;
  }
  return <DraftEditor line={L} />;
}

function DraftEditor({ line }: { line: number | null }) {
  const { workflow, session, typeErrors, setTypeErrors } = useWorkflow();
  const { source, conflict } = useDraftSnapshot(session);
  const [reveal, setReveal] = useState<EditorPosition | null>(
    line === null ? null : { line, column: 1 },
  );
  const problems = useMemo(
    () => mergeProblems(typeErrors ?? [], workflow.diagnostics),
    [typeErrors, workflow.diagnostics],
  );
  const types = useEditorTypes();
  const readOnly = !canEdit(workflow.role);
  return (
    <>
      {conflict === null ? null : <ConflictBanner />}
      {readOnly ? <ReadOnlyBanner /> : null}
      <div className="min-h-0 flex-1">
        <LazyCodeEditor
          path={`file:///workflows/${workflow._id}.ts`}
          label={`Code of ${workflow.name}`}
          value={source}
          readOnly={readOnly}
          onChange={session.edit}
          diagnostics={workflow.diagnostics}
          onTypeErrors={setTypeErrors}
          reveal={reveal}
          types={types}
        />
      </div>
      <ProblemsPanel
        problems={problems}
        onOpen={({ line, column }) => setReveal({ line, column })}
      />
      <TestPanel onOpenLine={(at) => setReveal({ line: at, column: 1 })} />
    </>
  );
}

function ConflictBanner() {
  const { session } = useWorkflow();
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center gap-2 bg-retrying-tint px-4 py-1.5 text-retrying-text sm:px-6"
    >
      This device kept changes that were never saved, and the draft has changed
      since.
      <Button size="sm" onClick={() => session.resolveConflict("mine")}>
        Use my changes
      </Button>
      <Button size="sm" onClick={() => session.resolveConflict("saved")}>
        Discard them
      </Button>
    </div>
  );
}

function ReadOnlyBanner() {
  return (
    <p className="bg-neutral-tint px-4 py-1.5 text-neutral-text sm:px-6">
      Read-only: changing a workflow requires the Editor role.
    </p>
  );
}
