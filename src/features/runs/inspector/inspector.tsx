"use client";

import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import {
  definitionPath,
  findNode,
  isForFailure,
} from "@/convex/language/graph";
import { formatCount } from "@/lib/format";
import { isTerminal } from "@/lib/run-status";
import { focusStepRow } from "../focus-step-row";
import { GuardedButton } from "../guarded-button";
import { RUN_KEY } from "../opening-step";
import { useRunScope } from "../run-context";
import { iterationIndex, iterationKey, keyChain } from "@/lib/step-keys";
import type { StepSnapshot } from "../step-store";
import { nameOf } from "../step-row-name";
import { useSteps } from "../use-steps";
import { RunInspector } from "./run-inspector";
import { StepInspector } from "./step-inspector";

const INSPECTOR_TITLE = "inspector-title";

/** About what is selected. Enter on a row brings focus here, Escape takes it back. */
export function Inspector({ onClose }: { onClose?: () => void }) {
  const { selectedKey } = useRunScope();
  return (
    <aside
      id="inspector"
      tabIndex={-1}
      aria-labelledby={INSPECTOR_TITLE}
      className="flex h-full min-h-0 flex-col bg-canvas outline-none"
      onKeyDown={(event) => {
        if (event.key === "Escape") focusStepRow(selectedKey);
      }}
    >
      <InspectorTitle onClose={onClose} />
      <InspectorBody />
    </aside>
  );
}

function InspectorTitle({ onClose }: { onClose: (() => void) | undefined }) {
  const { store, selectedKey, version } = useRunScope();
  const row = useSteps(store).rowOf(selectedKey);
  const node = version && findNode(version.graph, selectedKey);
  const title =
    selectedKey === RUN_KEY
      ? "Run"
      : row !== undefined
        ? nameOf(row)
        : (node?.label ?? definitionPath(selectedKey));
  return (
    <div className="flex shrink-0 items-center gap-2 px-4 pt-3 pb-2">
      <h2 id={INSPECTOR_TITLE} className="truncate text-lg font-semibold">
        {title}
      </h2>
      <IterationBadge />
      <span className="flex-1" />
      {row === undefined ||
      (version && isForFailure(version.graph, row.key)) ? null : (
        <ReplayFromHere stepKey={row.key} />
      )}
      {onClose === undefined ? null : (
        <Button
          variant="ghost"
          size="icon"
          aria-label="Close"
          onClick={onClose}
        >
          <X aria-hidden />
        </Button>
      )}
    </div>
  );
}

function ReplayFromHere({ stepKey }: { stepKey: string }) {
  const { setReplay } = useRunScope();
  return (
    <GuardedButton
      size="sm"
      variant="ghost"
      onClick={() => setReplay({ fromStep: stepKey })}
    >
      Replay from here…
    </GuardedButton>
  );
}

/** Which pass of which loop the selected step belongs to. */
function IterationBadge() {
  const { store, selectedKey } = useRunScope();
  const steps = useSteps(store);
  const inside = iterationKey(selectedKey);
  const index = iterationIndex(selectedKey);
  if (inside === null || inside === selectedKey || index === null) return null;
  const loop = steps.rowOf(inside.slice(0, inside.lastIndexOf("[")));
  const total = loop?.loop?.total ?? null;
  return (
    <Badge className="shrink-0">
      iteration {formatCount(index + 1)}
      {total === null ? null : ` / ${formatCount(total)}`}
    </Badge>
  );
}

function InspectorBody() {
  const { run, store, selectedKey, version } = useRunScope();
  const steps = useSteps(store);
  if (selectedKey === RUN_KEY) return <RunInspector />;
  const row = steps.rowOf(selectedKey);
  if (row !== undefined && row.startedAt === null)
    return <Note>{notStartedText(row.state.kind, isTerminal(run.state))}</Note>;
  if (row !== undefined) return <StepInspector key={row.key} row={row} />;
  if (selectedKey.includes("…") || selectedKey.includes("#"))
    return <Note>A group of iterations. Open it to see each of them.</Note>;
  if (version === null || isLoading(steps, selectedKey))
    return <BodySkeleton />;
  if (findNode(version.graph, selectedKey) === null)
    return <Note>This run has no such step.</Note>;
  return <Note>{notStartedText("pending", isTerminal(run.state))}</Note>;
}

/** A list on the way to the step is not there yet. */
function isLoading(steps: StepSnapshot, key: string): boolean {
  if (steps.root === null) return true;
  return keyChain(key)
    .slice(0, -1)
    .some((around) => {
      const kind = steps.rowOf(around)?.kind;
      if (kind !== "loop" && kind !== "iteration") return false;
      return steps.childrenOf(around)?.status !== "complete";
    });
}

function notStartedText(kind: string, runEnded: boolean): string {
  if (kind === "skipped") return "Skipped: another branch was taken.";
  if (kind === "cancelled") return "Cancelled before it started.";
  return runEnded
    ? "Not reached: the run ended before this step."
    : "Not started. It waits for the steps before it.";
}

function Note({ children }: { children: ReactNode }) {
  return <p className="px-4 py-2 text-fg-muted">{children}</p>;
}

function BodySkeleton() {
  return (
    <div className="flex flex-col gap-3 p-4" aria-busy>
      <span className="sr-only">Loading the step</span>
      <Skeleton className="h-8" />
      <Skeleton className="h-40" />
    </div>
  );
}
