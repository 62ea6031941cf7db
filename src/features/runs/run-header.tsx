"use client";

import Link from "next/link";
import { useState, type ReactNode } from "react";
import { isForFailure } from "@/convex/language/graph";
import { Duration } from "@/components/display/duration";
import { RelativeTime } from "@/components/display/relative-time";
import { StatusChip } from "@/components/display/status-chip";
import { useShortcut } from "@/features/shell/shortcuts-provider";
import { canRun } from "@/lib/roles";
import { startedByText } from "@/lib/started-by";
import { codeHref, versionName } from "@/lib/version-name";
import { isTerminal } from "@/lib/run-status";
import { describeKey } from "@/lib/step-keys";
import { CancelRunDialog } from "./cancel-run-dialog";
import { GuardedButton } from "./guarded-button";
import { ReplayDialog } from "./replay/replay-dialog";
import { useRunScope } from "./run-context";
import { RunLink } from "./run-link";
import { TestBadge } from "./test-badge";
import { RunAnnouncer } from "./run-announcer";
import { useSteps } from "./use-steps";

export function RunHeader() {
  const { run, workspaceSlug } = useRunScope();
  return (
    <header className="flex shrink-0 flex-col gap-1.5 border-b border-border px-4 py-2.5">
      <div className="flex flex-wrap items-center gap-x-2.5 gap-y-2">
        <h1 className="flex min-w-0 items-baseline gap-2 text-xl font-semibold">
          <Link
            href={`/${workspaceSlug}/workflows/${run.workflowSlug}/code`}
            className="truncate hover:underline"
          >
            {run.workflowName}
          </Link>
          <span className="font-mono text-xs">#{run.number}</span>
        </h1>
        <StatusChip state={run.state} />
        {run.isTest ? <TestBadge onlyStep={run.onlyStep} /> : null}
        <RunAnnouncer />
        <span className="flex-1" />
        <RunActions />
      </div>
      <RunFacts />
    </header>
  );
}

function RunFacts() {
  const { run, workspaceSlug } = useRunScope();
  const workflow = `/${workspaceSlug}/workflows/${run.workflowSlug}`;
  return (
    <dl className="flex flex-wrap gap-x-4 gap-y-0.5">
      <Fact name="Version">
        <Link href={codeHref(workflow, run)} className="hover:underline">
          {versionName(run.versionNumber)}
        </Link>
      </Fact>
      <Fact name="Started">
        {run.startedBy.kind === "replay" || run.parent !== undefined ? null : (
          <>{startedByText(run.startedBy)}, </>
        )}
        <RelativeTime at={run.startedAt ?? run.createdAt} />
      </Fact>
      {run.parent === undefined ? null : (
        <Fact name="Inside">
          <RunLink run={run.parent} step={run.parent.stepKey}>
            {run.parent.workflowName} #{run.parent.number}
          </RunLink>
        </Fact>
      )}
      {run.replayOf === null ? null : (
        <Fact name="Replay of">
          <Link
            href={`/${workspaceSlug}/runs/${run.replayOf.runId}`}
            className="link"
          >
            #{run.replayOf.number}
          </Link>
          {run.replayOf.fromStep === undefined
            ? null
            : ` from ${describeKey(run.replayOf.fromStep)}`}
        </Fact>
      )}
      <Fact name="Duration">
        <Duration of={run} />
      </Fact>
      {run.state.kind === "cancelled" ? (
        <Fact name="Cancelled by">{run.state.by}</Fact>
      ) : null}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex gap-1.5">
      <dt className="text-fg-muted">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function RunActions() {
  const { run, replay, setReplay } = useRunScope();
  const [isCancelling, setCancelling] = useState(false);
  const ended = isTerminal(run.state);
  const allowed = canRun(run.role);
  useShortcut("cancel-run", () =>
    allowed && !ended ? setCancelling(true) : null,
  );
  useReplayKeys(allowed);
  const failedAt = run.state.kind === "failed" ? run.state.error.stepKey : null;
  return (
    <div className="flex flex-wrap gap-2">
      {ended ? null : (
        <GuardedButton onClick={() => setCancelling(true)}>
          Cancel run…
        </GuardedButton>
      )}
      <GuardedButton
        variant={ended && failedAt === null ? "primary" : "outline"}
        onClick={() => setReplay({ fromStep: null })}
      >
        Replay…
      </GuardedButton>
      {failedAt === null ? null : (
        <GuardedButton
          variant="primary"
          onClick={() => setReplay({ fromStep: failedAt })}
        >
          <span className="max-w-64 truncate">
            Replay from {describeKey(failedAt)}…
          </span>
        </GuardedButton>
      )}
      <CancelRunDialog
        run={run}
        open={isCancelling}
        onOpenChange={setCancelling}
      />
      {replay === null ? null : (
        <ReplayDialog wish={replay} onClose={() => setReplay(null)} />
      )}
    </div>
  );
}

function useReplayKeys(allowed: boolean): void {
  const { selectedKey, setReplay, store, version } = useRunScope();
  const isReached = useSteps(store).rowOf(selectedKey) !== undefined;
  const reached =
    isReached && !(version && isForFailure(version.graph, selectedKey));
  useShortcut("replay", () => (allowed ? setReplay({ fromStep: null }) : null));
  useShortcut("replay-from-step", () =>
    allowed && reached ? setReplay({ fromStep: selectedKey }) : null,
  );
}
