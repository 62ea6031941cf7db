"use client";

import { useQuery } from "convex/react";
import { X } from "lucide-react";
import Link from "next/link";
import { Duration } from "@/components/display/duration";
import { StatusChip } from "@/components/display/status-chip";
import { StatusIcon } from "@/components/display/status-icon";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import type { StepRow } from "@/convex/validators/steps";
import { useWorkspace } from "@/features/shell/workspace";
import { statusOf } from "@/lib/run-status";
import { useWorkflow } from "../workflow-context";

/** The test run that was started last, live, below the code. */
export function TestPanel(props: { onOpenLine: (line: number) => void }) {
  const { testRun } = useWorkflow();
  return testRun === null ? null : (
    <LivePanel key={testRun} runId={testRun} onOpenLine={props.onOpenLine} />
  );
}

function LivePanel(props: {
  runId: Id<"workflowRuns">;
  onOpenLine: (line: number) => void;
}) {
  const { runId } = props;
  const { slug } = useWorkspace();
  const { showTestRun } = useWorkflow();
  const run = useQuery(api.workflowRuns.get, { runId });
  const steps = useQuery(api.stepExecutions.listByRun, { runId });
  if (!run) return null;
  return (
    <section
      aria-label="Test run"
      className="max-h-72 shrink-0 overflow-y-auto border-t border-border"
    >
      <div className="sticky top-0 flex items-center gap-2.5 bg-canvas px-4 py-1.5 sm:px-6">
        <h2 className="text-xs font-semibold text-fg-muted">
          Test run #{run.number}
        </h2>
        <span role="status">
          <StatusChip state={run.state} />
        </span>
        <span className="text-xs text-fg-muted">
          <Duration of={run} />
        </span>
        <Link className="link ml-auto text-xs" href={`/${slug}/runs/${runId}`}>
          Open the run
        </Link>
        <Button
          variant="ghost"
          size="icon-sm"
          aria-label="Close the test run"
          onClick={() => showTestRun(null)}
        >
          <X aria-hidden />
        </Button>
      </div>
      {run.state.kind === "failed" ? (
        <p role="alert" className="px-4 pb-1 text-failed-text sm:px-6">
          {run.state.error.name}: {run.state.error.message}
        </p>
      ) : null}
      <ul className="pb-2">
        {steps?.map((step) => (
          <TestStep key={step.key} step={step} onOpenLine={props.onOpenLine} />
        ))}
      </ul>
    </section>
  );
}

function TestStep(props: {
  step: StepRow;
  onOpenLine: (line: number) => void;
}) {
  const { step } = props;
  const depth = step.key.split("/").length - 1;
  const line = step.source?.line ?? null;
  return (
    <li>
      <button
        type="button"
        disabled={line === null}
        onClick={() => (line === null ? undefined : props.onOpenLine(line))}
        style={{ paddingLeft: `${1.5 + depth}rem` }}
        className="flex w-full items-center gap-2 py-1 pr-4 text-left hover:bg-subtle"
      >
        <StatusIcon status={statusOf(step.state)} />
        <span className="shrink-0 font-medium">{step.label}</span>
        {step.pinned ? <Badge>pinned</Badge> : null}
        <span className="min-w-0 flex-1 truncate font-mono text-xs text-fg-muted">
          {step.state.kind === "failed"
            ? step.state.error.message
            : step.output?.preview}
        </span>
        <span className="text-xs text-fg-muted">
          <Duration of={step} />
        </span>
      </button>
    </li>
  );
}
