"use client";

import { useQuery } from "convex/react";
import { useQueryState } from "nuqs";
import { useMemo, useState, type ReactNode } from "react";
import { NotFound } from "@/components/not-found";
import { PageSkeleton } from "@/components/page-skeleton";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import { useShortcut } from "@/features/shell/shortcuts-provider";
import { useWorkspace } from "@/features/shell/workspace";
import { canEdit, canRun } from "@/lib/roles";
import type { Problem } from "./problems";
import { PublishDialog } from "./publish-dialog";
import { RunDialog } from "./run-dialog";
import { StepTestDialog } from "./testing/step-test-dialog";
import { TestDialog } from "./testing/test-dialog";
import { useDraftSession } from "./use-draft";
import {
  WorkflowContext,
  type EditorDialog,
  type WorkflowDetails,
} from "./workflow-context";
import { WorkflowHeader } from "./workflow-header";

/** What all tabs of one workflow share: its head, the draft being edited, and the dialogs that act on it. */
export function WorkflowFrame({
  slug,
  children,
}: {
  slug: string;
  children: ReactNode;
}) {
  const { organizationId } = useWorkspace();
  const workflow = useQuery(api.workflows.getBySlug, { organizationId, slug });
  if (workflow === undefined) return <PageSkeleton label="Loading workflow" />;
  if (workflow === null) return <NotFound />;
  return (
    <LoadedFrame key={workflow._id} workflow={workflow}>
      {children}
    </LoadedFrame>
  );
}

function LoadedFrame({
  workflow,
  children,
}: {
  workflow: WorkflowDetails;
  children: ReactNode;
}) {
  const session = useDraftSession(workflow);
  const [typeErrors, setTypeErrors] = useState<Problem[] | null>(null);
  const [asked] = useQueryState("test");
  const [dialog, openDialog] = useState<EditorDialog>(
    // A link from a run asks to test one of its steps.
    asked === null || !canEdit(workflow.role) ? null : "testStep",
  );
  const [testRun, showTestRun] = useState<Id<"workflowRuns"> | null>(null);
  const editing = useMemo(
    () => ({
      workflow,
      session,
      typeErrors,
      setTypeErrors,
      openDialog,
      testRun,
      showTestRun,
    }),
    [workflow, session, typeErrors, testRun],
  );
  useEditorShortcuts(editing.workflow, () => void session.flush(), openDialog);
  const close = () => openDialog(null);
  return (
    <WorkflowContext value={editing}>
      <div className="flex h-full flex-col">
        <WorkflowHeader />
        <div className="flex min-h-0 flex-1 flex-col">{children}</div>
      </div>
      {dialog === "publish" ? <PublishDialog onClose={close} /> : null}
      {dialog === "run" ? (
        <RunDialog workflowId={workflow._id} onClose={close} />
      ) : null}
      {dialog === "test" ? <TestDialog onClose={close} /> : null}
      {dialog === "testStep" ? <StepTestDialog onClose={close} /> : null}
    </WorkflowContext>
  );
}

function useEditorShortcuts(
  { role, publishedVersion }: WorkflowDetails,
  save: () => void,
  openDialog: (dialog: EditorDialog) => void,
) {
  useShortcut("save-draft", () => {
    if (canEdit(role)) save();
  });
  useShortcut("run", () => {
    if (canRun(role) && publishedVersion) openDialog("run");
  });
  useShortcut("test-run", () => {
    if (canEdit(role)) openDialog("test");
  });
  useShortcut("publish", () => {
    if (canEdit(role)) openDialog("publish");
  });
}
