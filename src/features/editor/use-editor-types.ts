"use client";

import { useMutation, useQuery } from "convex/react";
import { useEffect } from "react";
import { api } from "@/convex/_generated/api";
import { isTerminal } from "@/lib/run-status";
import { useWorkflow } from "./workflow-context";

/** What the organization adds to the types of the language. Looked at again when a run or a test of the workflow ends. */
export function useEditorTypes(): string | null {
  const { workflow } = useWorkflow();
  const workflowId = workflow._id;
  const types = useQuery(api.editorTypes.get, { workflowId });
  const refresh = useMutation(api.editorTypes.refresh);
  const lastEnd = useLastEnd();
  useEffect(() => {
    // Types are a help: without a look they are those of the last one.
    refresh({ workflowId }).catch(() => undefined);
  }, [refresh, workflowId, lastEnd]);
  return types ?? null;
}

/** Changes with each end of the last run or of the test below the code. */
function useLastEnd(): string {
  const { workflow, testRun } = useWorkflow();
  const test = useQuery(
    api.workflowRuns.get,
    testRun === null ? "skip" : { runId: testRun },
  );
  const ends = [workflow.lastRun, test].map((run) =>
    run && isTerminal(run.state) ? run._id : "",
  );
  return ends.join(" ");
}
