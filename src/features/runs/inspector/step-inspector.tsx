"use client";

import { useQuery } from "convex/react";
import Link from "next/link";
import { Countdown } from "@/components/display/countdown";
import { Duration } from "@/components/display/duration";
import {
  PayloadViewer,
  type PayloadRef,
} from "@/components/display/payload-viewer";
import { Skeleton } from "@/components/ui/skeleton";
import { api } from "@/convex/_generated/api";
import type { AttemptRow, StepRow } from "@/convex/validators/steps";
import { ApprovalPanel } from "@/features/approvals/approval-panel";
import { useShortcut } from "@/features/shell/shortcuts-provider";
import { formatClock, formatDuration } from "@/lib/format";
import { canEdit } from "@/lib/roles";
import { isTerminal, STATUS, statusOf } from "@/lib/run-status";
import { codeHref, versionName } from "@/lib/version-name";
import { useRunScope } from "../run-context";
import { EventWait } from "../event-wait";
import { SendEventButton } from "../send-event-button";
import { RunLink } from "../run-link";
import { RunWait } from "../run-wait";
import { RetryNowButton, SkipSleepButton } from "../wait-buttons";
import type { InspectorTab } from "../use-run-url";
import { AttemptTabs } from "./attempt-tabs";
import { DetailsList, IdText, type Detail } from "./details-list";
import { ErrorView } from "./error-view";
import { InspectorTabs } from "./inspector-tabs";
import { LogView } from "./log-view";

/** One step execution: its attempts, and of the chosen one error, input, output and log. */
export function StepInspector({ row }: { row: StepRow }) {
  const { run, url, setUrl } = useRunScope();
  const attempts = useQuery(api.stepExecutions.listAttempts, {
    runId: run._id,
    stepKey: row.key,
  });
  const attempt =
    attempts?.find((a) => a.number === url.at) ?? attempts?.at(-1) ?? null;
  const selectAttempt = (number: number) =>
    setUrl({ at: number === attempts?.at(-1)?.number ? null : number });
  const move = (by: 1 | -1) => {
    const next = attempts?.find(
      (a) => a.number === (attempt?.number ?? 0) + by,
    );
    if (next !== undefined) selectAttempt(next.number);
  };
  useShortcut("previous-attempt", () => move(-1));
  useShortcut("next-attempt", () => move(1));
  return (
    <>
      <div className="px-4">
        {row.kind === "approval" ? (
          <ApprovalPanel runId={run._id} stepKey={row.key} />
        ) : null}
        <WaitingNote row={row} />
        <ReusedNote row={row} />
        {attempts !== undefined && attempt !== null ? (
          <AttemptTabs
            attempts={attempts}
            selected={attempt}
            onSelect={selectAttempt}
          />
        ) : null}
      </div>
      {attempts === undefined ? (
        <div className="p-4" aria-busy>
          <span className="sr-only">Loading the step</span>
          <Skeleton className="h-40" />
        </div>
      ) : (
        <StepPanels
          row={row}
          attempt={attempt}
          isLast={attempt === attempts.at(-1)}
        />
      )}
    </>
  );
}

function ReusedNote({ row }: { row: StepRow }) {
  const { workspaceSlug } = useRunScope();
  const from = row.reusedFrom;
  if (from === undefined) return null;
  const step = new URLSearchParams({ step: row.key }).toString();
  return (
    <p className="pb-2 text-fg-muted">
      Reused: it {row.kind === "approval" ? "was decided" : "ran"} in{" "}
      <Link
        className="link"
        href={`/${workspaceSlug}/runs/${from.runId}?${step}`}
      >
        run #{from.number}
      </Link>
      {row.kind === "approval" ? "." : ", with its attempts and logs."}
    </p>
  );
}

function WaitingNote({ row }: { row: StepRow }) {
  const { state } = row;
  if (state.kind !== "retrying" && state.kind !== "waiting") return null;
  if (state.kind === "waiting" && state.for === "approval") return null;
  if (state.kind === "waiting" && state.for === "event")
    return (
      <div className="flex items-center justify-between gap-3 pb-2">
        <p>
          <EventWait wait={state} />
        </p>
        <SendEventButton event={state.event} match={state.match} />
      </div>
    );
  if (state.kind === "waiting" && state.for === "run")
    return (
      <p className="pb-2">
        <RunWait wait={state} child={row.childRun} />
      </p>
    );
  const isRetry = state.kind === "retrying";
  return (
    <p className="flex items-center justify-between gap-3 pb-2">
      <span>
        {isRetry ? "Retrying" : "Wakes up"}{" "}
        <Countdown until={isRetry ? state.nextRetryAt : state.until} />
        {isRetry ? `, attempt ${row.attempt + 1} of ${row.maxAttempts}` : null}
      </span>
      {isRetry ? (
        <RetryNowButton stepKey={row.key} />
      ) : (
        <SkipSleepButton stepKey={row.key} />
      )}
    </p>
  );
}

function StepPanels(props: {
  row: StepRow;
  attempt: AttemptRow | null;
  isLast: boolean;
}) {
  const { row, attempt } = props;
  const input = attempt?.input ?? row.input;
  const output = props.isLast
    ? (attempt?.output ?? row.output)
    : (attempt?.output ?? null);
  return (
    <InspectorTabs
      key={row.key}
      initial={initialTab(row, attempt, output)}
      panels={{
        ...(hasError(row, attempt) && {
          error: <StepErrorPanel row={row} attempt={attempt} />,
        }),
        input: <PayloadPanel payload={input} name="Input" empty="No input." />,
        output: (
          <PayloadPanel
            payload={output}
            name="Output"
            empty={noOutputText(row, attempt)}
          />
        ),
        logs:
          attempt === null ? (
            <p className="text-fg-muted">
              No attempt was made, so nothing was logged.
            </p>
          ) : (
            <LogView stepKey={row.key} attempt={attempt} />
          ),
        details: <StepDetails row={row} attempt={attempt} />,
      }}
    />
  );
}

function hasError(row: StepRow, attempt: AttemptRow | null): boolean {
  if (attempt !== null && attempt.error !== null) return true;
  return row.state.kind === "failed";
}

function initialTab(
  row: StepRow,
  attempt: AttemptRow | null,
  output: PayloadRef | null,
): InspectorTab {
  if (hasError(row, attempt)) return "error";
  if (output !== null) return "output";
  return isTerminal(row.state) ? "details" : "input";
}

function StepErrorPanel(props: { row: StepRow; attempt: AttemptRow | null }) {
  const { row, attempt } = props;
  const definedAt = row.source?.line ?? null;
  if (attempt !== null && attempt.error !== null)
    return <ErrorView error={attempt.error} definedAt={definedAt} />;
  if (row.state.kind !== "failed") return null;
  const rest = { code: "failed", retryable: true, frames: [] };
  return (
    <ErrorView error={{ ...row.state.error, ...rest }} definedAt={definedAt} />
  );
}

function PayloadPanel(props: {
  payload: PayloadRef | null;
  name: string;
  empty: string;
}) {
  return props.payload === null ? (
    <p className="text-fg-muted">{props.empty}</p>
  ) : (
    <PayloadViewer
      key={props.payload.id ?? props.payload.preview}
      payload={props.payload}
      name={props.name}
    />
  );
}

function noOutputText(row: StepRow, attempt: AttemptRow | null): string {
  if (attempt?.status === "failed" || row.state.kind === "failed")
    return "No output. The step failed before it returned.";
  if (row.state.kind === "skipped") return "No output. The step was skipped.";
  if (row.state.kind === "cancelled")
    return "No output. The step was cancelled before it returned.";
  return isTerminal(row.state) ? "No output." : "No output yet.";
}

/** Those that do something by themselves. */
const TESTABLE: readonly StepRow["kind"][] = ["code", "http", "action"];

function StepDetails(props: { row: StepRow; attempt: AttemptRow | null }) {
  const { row, attempt } = props;
  const { run, workspaceSlug } = useRunScope();
  const line = row.source?.line ?? null;
  const details: Detail[] = [
    { name: "Status", value: STATUS[statusOf(row.state)].label },
    { name: "Kind", value: row.kind },
    { name: "Attempt", value: `${row.attempt} of ${row.maxAttempts}` },
    { name: "Scheduled", value: formatClock(row.createdAt) },
    {
      name: "Started",
      value: row.startedAt === null ? "–" : formatClock(row.startedAt),
    },
    {
      name: "Waited in queue",
      value:
        row.startedAt === null
          ? "–"
          : formatDuration(row.startedAt - row.createdAt),
    },
    { name: "Duration", value: <Duration of={row} /> },
  ];
  if (attempt !== null && row.attempt > 1)
    details.push({ name: "This attempt", value: <Duration of={attempt} /> });
  if (row.childRun !== undefined)
    details.push({
      name: "Run",
      value: (
        <RunLink run={row.childRun}>
          {row.childRun.workflowSlug} #{row.childRun.number}
        </RunLink>
      ),
    });
  if (line !== null)
    details.push({
      name: "Defined at",
      value: (
        <Link
          className="link"
          href={codeHref(
            `/${workspaceSlug}/workflows/${run.workflowSlug}`,
            run,
            line,
          )}
        >
          line {line} ({versionName(run.versionNumber)})
        </Link>
      ),
    });
  if (row.pinned)
    details.push({ name: "Output", value: "Pinned: given to the test run" });
  if (canEdit(run.role) && TESTABLE.includes(row.kind))
    details.push({
      name: "Test",
      value: (
        <Link
          className="link"
          href={`/${workspaceSlug}/workflows/${run.workflowSlug}/code?test=${encodeURIComponent(row.key)}&from=${run._id}`}
        >
          Test this step alone, with its values of this run
        </Link>
      ),
    });
  details.push({ name: "Key", value: <IdText>{row.key}</IdText> });
  return <DetailsList details={details} />;
}
