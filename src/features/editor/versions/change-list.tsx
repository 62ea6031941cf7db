"use client";

import { ArrowUpDown, Minus, PencilLine, Plus } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";
import {
  type Comparison,
  countSteps,
  optionName,
  optionValue,
  type StepChange,
  triggerName,
  type ValueChange,
  whatChanged,
} from "./change-words";

/** Everything that differs, in words; a step takes the reader to its code. */
export function ChangeList({
  comparison: { graph, input, triggers, to },
  onOpen,
}: {
  comparison: Comparison;
  onOpen: (change: StepChange) => void;
}) {
  if (graph === null || input === null)
    return (
      <Section title="Steps">
        <p className="px-4 text-failed-text">
          The draft does not compile, so its steps are not known:{" "}
          {to.diagnostics[0]?.message}
        </p>
      </Section>
    );
  return (
    <>
      <Section title="Steps" note={countSteps(graph.steps)}>
        {graph.steps.length > 0 ? (
          <ul>
            {graph.steps.map((change) => (
              <StepItem
                key={`${change.change} ${change.path}`}
                change={change}
                onOpen={onOpen}
              />
            ))}
          </ul>
        ) : null}
      </Section>
      <Section title="Workflow">
        <Values changes={graph.options} />
        {graph.otherCode ? (
          <p className="px-4">Code outside of steps changed.</p>
        ) : null}
      </Section>
      <Section title="Input">
        <Fields changes={input} />
      </Section>
      <Section title="Triggers">
        <Triggers changes={triggers} />
      </Section>
    </>
  );
}

function Section(props: {
  title: string;
  note?: string | null;
  children: ReactNode;
}) {
  return (
    <section className="border-b border-border py-3">
      <h3 className="mb-1 flex items-baseline gap-2 px-4 font-semibold">
        {props.title}
        <span className="text-xs font-normal text-fg-muted">{props.note}</span>
      </h3>
      <div className="group/section">
        {props.children}
        <p className="hidden px-4 text-fg-muted only:block">No changes.</p>
      </div>
    </section>
  );
}

const LOOK = {
  added: { icon: Plus, classes: "text-succeeded-text" },
  removed: { icon: Minus, classes: "text-failed-text" },
  changed: { icon: PencilLine, classes: "text-running-text" },
} as const;

function StepItem(props: {
  change: StepChange;
  onOpen: (change: StepChange) => void;
}) {
  const { change } = props;
  const look = LOOK[change.change];
  const isMoveOnly = change.parts.join() === "position";
  const Icon = isMoveOnly ? ArrowUpDown : look.icon;
  return (
    <li>
      <button
        type="button"
        className="flex w-full items-start gap-2 px-4 py-1.5 text-left hover:bg-subtle"
        onClick={() => props.onOpen(change)}
      >
        <Icon
          aria-hidden
          className={cn("mt-0.5 size-4 shrink-0", look.classes)}
        />
        <span className="min-w-0 flex-1">
          <span
            className={cn(
              "block font-medium break-words",
              change.change === "removed" && "line-through",
            )}
          >
            {change.path.replaceAll("/", " › ")}
          </span>
          <span className="text-xs text-fg-muted">
            {change.kindBefore === null
              ? change.kind
              : `${change.kindBefore} → ${change.kind}`}
            {" · "}
            {whatChanged(change)}
          </span>
        </span>
      </button>
      <Values changes={change.options} className="pl-10" />
    </li>
  );
}

function Values(props: {
  changes: readonly ValueChange[];
  className?: string;
}) {
  if (props.changes.length === 0) return null;
  return (
    <dl className={cn("px-4 text-xs", props.className)}>
      {props.changes.map(({ path, before, after }) => (
        <div key={path} className="flex flex-wrap gap-x-1.5 py-0.5">
          <dt className="text-fg-muted">{optionName(path)}</dt>
          <dd className="min-w-0 font-mono break-all">
            {optionValue(path, before)} → {optionValue(path, after)}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Fields({ changes }: { changes: readonly ValueChange[] }) {
  if (changes.length === 0) return null;
  return (
    <dl className="px-4 text-xs">
      {changes.map(({ path, before, after }) => (
        <div key={path} className="flex flex-wrap gap-x-1.5 py-0.5">
          <dt className="font-mono">{path === "" ? "input" : path}</dt>
          <dd className="min-w-0 break-words text-fg-muted">
            {before === null
              ? `added: ${after}`
              : after === null
                ? `removed (was ${before})`
                : `${before} → ${after}`}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Triggers({ changes }: { changes: Comparison["triggers"] }) {
  if (changes === null)
    return (
      <p className="px-4 text-fg-muted">
        Not known: a version from before triggers were kept with versions.
      </p>
    );
  if (changes.length === 0) return null;
  return (
    <ul className="px-4 text-xs">
      {changes.map(({ before, after }, index) => {
        const trigger = after ?? before;
        return trigger === null ? null : (
          <li key={index} className="py-0.5">
            {triggerName(trigger)}
            <span className="text-fg-muted">
              {before === null
                ? " · added"
                : after === null
                  ? " · removed"
                  : after.enabled
                    ? " · switched on"
                    : " · switched off"}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
