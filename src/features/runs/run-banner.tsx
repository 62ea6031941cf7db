"use client";

import {
  Ban,
  CircleDashed,
  CircleStop,
  CircleX,
  Hand,
  Moon,
  Radio,
  RotateCcw,
  RotateCw,
  Workflow,
} from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { Countdown } from "@/components/display/countdown";
import { cn } from "@/lib/cn";
import { formatDateTime, formatPlural } from "@/lib/format";
import { ON_FAILURE } from "@/convex/language/graph";
import { isTerminal, type StatusFamily } from "@/lib/run-status";
import { EventWait } from "./event-wait";
import { Explanation } from "./explanation";
import { StartNowButton } from "./start-now-button";
import { RunWait } from "./run-wait";
import { RetryNowButton, SkipSleepButton } from "./wait-buttons";
import { useRunScope } from "./run-context";
import { describeKey } from "@/lib/step-keys";
import { useSteps } from "./use-steps";

const TONE = {
  failed: "border-failed-text bg-failed-tint text-failed-text",
  retrying: "border-retrying-text bg-retrying-tint text-retrying-text",
  waiting: "border-waiting-text bg-waiting-tint text-waiting-text",
  neutral: "border-border-strong bg-subtle text-fg",
} as const satisfies Partial<Record<StatusFamily, string>>;

/** What the run most needs to say: why it failed, what ended it early, or what it waits for. */
export function RunBanner() {
  const { run } = useRunScope();
  const { state, failing } = run;
  if (failing !== undefined && !isTerminal(state))
    return <FailingBanner error={failing} />;
  if (state.kind === "failed") return <ErrorBanner />;
  if (state.kind === "completed" && state.stoppedBy !== undefined)
    return <StoppedBanner stepKey={state.stoppedBy} />;
  if (state.kind === "running" && state.preparing !== undefined)
    return <PreparingBanner steps={state.preparing.steps} />;
  if (state.kind === "queued") return <QueuedBanner />;
  if (state.kind === "cancelled" && state.reason !== undefined)
    return (
      <Banner tone="neutral" icon={<Ban aria-hidden />} actions={null}>
        {state.reason}
      </Banner>
    );
  if (state.kind !== "waiting") return null;
  switch (state.for) {
    case "retry":
      return <RetryBanner stepKey={state.stepKey} until={state.until} />;
    case "delay":
      return <SleepBanner stepKey={state.stepKey} until={state.until} />;
    case "approval":
      return <ApprovalBanner stepKey={state.stepKey} title={state.title} />;
    case "run":
      return <RunWaitBanner stepKey={state.stepKey} wait={state} />;
    case "event":
      return (
        <Banner tone="waiting" icon={<Radio aria-hidden />} actions={null}>
          In <b>{describeKey(state.stepKey)}</b>: <EventWait wait={state} />
        </Banner>
      );
  }
}

function Banner(props: {
  tone: keyof typeof TONE;
  icon: ReactNode;
  children: ReactNode;
  actions: ReactNode;
}) {
  return (
    <div className="shrink-0 border-b border-border px-4 py-2.5">
      <div
        className={cn(
          "flex flex-wrap items-center gap-x-3 gap-y-1.5 rounded-md border border-l-4 px-3 py-1.5 [&_svg]:size-4 [&_svg]:shrink-0",
          TONE[props.tone],
        )}
      >
        {props.icon}
        <div className="min-w-0 flex-1 basis-60">{props.children}</div>
        <div className="flex gap-2">{props.actions}</div>
      </div>
    </div>
  );
}

function QueuedBanner() {
  const { run, workspaceSlug } = useRunScope();
  return (
    <Banner
      tone="neutral"
      icon={<CircleDashed aria-hidden />}
      actions={<StartNowButton runId={run._id} />}
    >
      <Explanation runId={run._id} workspaceSlug={workspaceSlug} />
    </Banner>
  );
}

function ErrorBanner() {
  const { run, store } = useRunScope();
  const { state } = run;
  const stepKey = state.kind === "failed" ? state.error.stepKey : null;
  const row = useSteps(store).rowOf(stepKey ?? "");
  if (state.kind !== "failed") return null;
  const { name, message } = state.error;
  return (
    <Banner
      tone="failed"
      icon={<CircleX aria-hidden />}
      actions={stepKey === null ? null : <GoToStep stepKey={stepKey} />}
    >
      <strong className="font-semibold break-words">
        {name}: <span className="line-clamp-3 inline">{message}</span>
      </strong>
      {stepKey === null ? null : (
        <span className="ml-3 text-fg">
          in step <b>{describeKey(stepKey)}</b>
          {row === undefined || row.maxAttempts === 1
            ? null
            : `, attempt ${row.attempt} of ${row.maxAttempts}`}
        </span>
      )}
    </Banner>
  );
}

function FailingBanner(props: {
  error: { name: string; message: string; stepKey: string | null };
}) {
  const { name, message, stepKey } = props.error;
  return (
    <Banner
      tone="failed"
      icon={<CircleX aria-hidden />}
      actions={<GoToStep stepKey={stepKey ?? ON_FAILURE} />}
    >
      <strong className="font-semibold break-words">
        {name}: <span className="line-clamp-3 inline">{message}</span>
      </strong>
      <span className="ml-3 text-fg">
        {stepKey === null ? null : (
          <>
            in step <b>{describeKey(stepKey)}</b>,{" "}
          </>
        )}
        the run ends as failed after <b>{ON_FAILURE}</b>
      </span>
    </Banner>
  );
}

function PreparingBanner({ steps }: { steps: number }) {
  const { run } = useRunScope();
  return (
    <Banner tone="neutral" icon={<RotateCcw aria-hidden />} actions={null}>
      Taking over what is reused
      {run.replayOf === null ? null : ` from run #${run.replayOf.number}`}:{" "}
      {formatPlural(steps, "step")} so far
    </Banner>
  );
}

function StoppedBanner({ stepKey }: { stepKey: string }) {
  return (
    <Banner
      tone="neutral"
      icon={<CircleStop aria-hidden />}
      actions={<GoToStep stepKey={stepKey} />}
    >
      Ended early by the stop step <b>{describeKey(stepKey)}</b>
    </Banner>
  );
}

function GoToStep({ stepKey }: { stepKey: string }) {
  const { select, selectedKey } = useRunScope();
  return stepKey === selectedKey ? null : (
    <button type="button" className="link" onClick={() => select(stepKey)}>
      Go to step
    </button>
  );
}

function RetryBanner({ stepKey, until }: { stepKey: string; until: number }) {
  const row = useSteps(useRunScope().store).rowOf(stepKey);
  return (
    <Banner
      tone="retrying"
      icon={<RotateCw aria-hidden />}
      actions={<RetryNowButton stepKey={stepKey} />}
    >
      Retrying <b>{describeKey(stepKey)}</b> <Countdown until={until} />
      {row === undefined
        ? null
        : `, attempt ${Math.min(row.attempt + 1, row.maxAttempts)} of ${row.maxAttempts}`}
    </Banner>
  );
}

function ApprovalBanner(props: { stepKey: string; title: string }) {
  const { stepKey, title } = props;
  const { select, selectedKey } = useRunScope();
  return (
    <Banner
      tone="waiting"
      icon={<Hand aria-hidden />}
      actions={
        stepKey === selectedKey ? null : (
          <button
            type="button"
            className="link"
            onClick={() => select(stepKey)}
          >
            Decide
          </button>
        )
      }
    >
      <b>{describeKey(stepKey)}</b> waits for approval: {title}
    </Banner>
  );
}

function RunWaitBanner(props: {
  stepKey: string;
  wait: ComponentProps<typeof RunWait>["wait"];
}) {
  const { stepKey, wait } = props;
  const row = useSteps(useRunScope().store).rowOf(stepKey);
  return (
    <Banner tone="waiting" icon={<Workflow aria-hidden />} actions={null}>
      In <b>{describeKey(stepKey)}</b>:{" "}
      <RunWait wait={wait} child={row?.childRun} />
    </Banner>
  );
}

function SleepBanner({ stepKey, until }: { stepKey: string; until: number }) {
  return (
    <Banner
      tone="waiting"
      icon={<Moon aria-hidden />}
      actions={<SkipSleepButton stepKey={stepKey} />}
    >
      Sleeping in <b>{describeKey(stepKey)}</b> until {formatDateTime(until)} (
      <Countdown until={until} />)
    </Banner>
  );
}
