"use client";

import { usePaginatedQuery } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { api } from "@/convex/_generated/api";
import type { AttemptRow } from "@/convex/validators/steps";
import { cn } from "@/lib/cn";
import { formatClock, formatDuration } from "@/lib/format";
import { useRunScope } from "../run-context";
import { StreamView } from "./stream-view";

type Line = FunctionReturnType<typeof api.stepOutput.listLines>["page"][number];

/** Chunks a page. */
const PAGE = 20;

/** Levels from the least to the most important. */
const LEVELS = ["debug", "info", "warn", "error"] as const;
type Level = (typeof LEVELS)[number];
const LEVEL_CLASS: Record<string, string> = {
  error: "text-failed-text",
  warn: "text-retrying-text",
  debug: "text-fg-subtle",
};

/** What one attempt streamed and logged, live; times are counted from its start. */
export function LogView(props: { stepKey: string; attempt: AttemptRow }) {
  const { stepKey, attempt } = props;
  const { run } = useRunScope();
  const [least, setLeast] = useState<Level>("debug");
  const args = { runId: run._id, stepKey, attempt: attempt.number };
  const { results, status, loadMore } = usePaginatedQuery(
    api.stepOutput.listLines,
    args,
    { initialNumItems: PAGE },
  );
  const lines = results.filter((line) => rankOf(line.level) >= rankOf(least));
  if (status === "LoadingFirstPage") return <Skeleton className="h-20" />;
  return (
    <div className="flex flex-col gap-2">
      <StreamView {...args} />
      {results.length === 0 ? (
        <p className="text-fg-muted">
          {attempt.endedAt === null
            ? "Nothing logged yet."
            : "This attempt logged nothing."}
        </p>
      ) : (
        <>
          <LevelFilter least={least} onChange={setLeast} />
          <Lines lines={lines} since={attempt.startedAt} />
        </>
      )}
      {status === "CanLoadMore" ? (
        <Button size="sm" onClick={() => loadMore(PAGE)}>
          Load more lines
        </Button>
      ) : null}
    </div>
  );
}

function rankOf(level: string): number {
  const rank = LEVELS.findIndex((name) => name === level);
  return rank === -1 ? LEVELS.indexOf("info") : rank;
}

function LevelFilter(props: {
  least: Level;
  onChange: (level: Level) => void;
}) {
  return (
    <div role="group" aria-label="Least level to show" className="flex">
      {LEVELS.map((level) => (
        <button
          key={level}
          type="button"
          aria-pressed={props.least === level}
          onClick={() => props.onChange(level)}
          className={cn(
            "-ml-px h-7 border border-border-strong px-2 text-xs font-medium text-fg-muted first:ml-0 first:rounded-l-md last:rounded-r-md hover:bg-sunken max-sm:h-9",
            props.least === level && "bg-sunken text-fg",
          )}
        >
          {level === "debug" ? "all" : level}
        </button>
      ))}
    </div>
  );
}

function Lines({ lines, since }: { lines: Line[]; since: number }) {
  if (lines.length === 0)
    return <p className="text-fg-muted">No line of this level.</p>;
  return (
    <ol
      aria-label="Log"
      tabIndex={0}
      className="max-h-[60vh] overflow-auto rounded-md border border-border bg-subtle py-1 font-mono text-xs leading-[18px]"
    >
      {lines.map((line) => (
        <li
          key={line.index}
          className="flex gap-3 px-2 [contain-intrinsic-size:auto_18px] [content-visibility:auto] hover:bg-sunken"
        >
          <time
            dateTime={new Date(line.at).toISOString()}
            title={formatClock(line.at)}
            className="w-14 shrink-0 text-right text-fg-subtle tabular-nums"
          >
            +{formatDuration(line.at - since)}
          </time>
          <span
            className={cn(
              "w-10 shrink-0",
              LEVEL_CLASS[line.level] ?? "text-fg-muted",
            )}
          >
            {line.level}
          </span>
          <span className="min-w-0 break-words whitespace-pre-wrap">
            {line.text}
          </span>
        </li>
      ))}
    </ol>
  );
}
