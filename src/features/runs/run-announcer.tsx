"use client";

import { useEffect } from "react";
import { STATUS, statusOf } from "@/lib/run-status";
import { useRunScope } from "./run-context";
import { describeKey } from "@/lib/step-keys";

/** Says status changes to screen readers, and in the title of the tab. */
export function RunAnnouncer() {
  const { run } = useRunScope();
  const word = STATUS[statusOf(run.state)].label;
  useEffect(() => {
    document.title = `${word}: ${run.workflowName} #${run.number} – Runs`;
  }, [word, run.workflowName, run.number]);
  return (
    <span role="status" className="sr-only">
      Run {word.toLowerCase()}
      {run.state.kind === "waiting"
        ? ` in ${describeKey(run.state.stepKey)}`
        : ""}
    </span>
  );
}
