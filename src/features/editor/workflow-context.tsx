"use client";

import type { FunctionReturnType } from "convex/server";
import { createContext, useContext } from "react";
import type { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import type { DraftSession } from "./draft-session";
import type { Problem } from "./problems";

export type WorkflowDetails = NonNullable<
  FunctionReturnType<typeof api.workflows.get>
>;

export type EditorDialog = "run" | "publish" | "test" | "testStep" | null;

export type WorkflowEditing = {
  workflow: WorkflowDetails;
  session: DraftSession;
  /** What TypeScript finds in the draft; null while no editor is open that could say. */
  typeErrors: Problem[] | null;
  setTypeErrors: (problems: Problem[] | null) => void;
  openDialog: (dialog: EditorDialog) => void;
  /** The test run that the panel below the code shows. */
  testRun: Id<"workflowRuns"> | null;
  showTestRun: (runId: Id<"workflowRuns"> | null) => void;
};

export const WorkflowContext = createContext<WorkflowEditing | null>(null);

export function useWorkflow(): WorkflowEditing {
  const editing = useContext(WorkflowContext);
  if (!editing) throw new Error("useWorkflow is used outside a workflow.");
  return editing;
}
