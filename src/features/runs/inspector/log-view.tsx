import type { AttemptRow } from "@/convex/validators";
import { cn } from "@/lib/cn";
import { formatClock, formatDuration } from "@/lib/format";

const LEVEL_CLASS: Record<string, string> = {
  error: "text-failed-text",
  warn: "text-retrying-text",
  debug: "text-fg-subtle",
};

/** The log of one attempt; times are counted from its start. */
export function LogView({ attempt }: { attempt: AttemptRow }) {
  if (attempt.logs.length === 0)
    return (
      <p className="text-fg-muted">
        {attempt.endedAt === null
          ? "Nothing logged yet."
          : "This attempt logged nothing."}
      </p>
    );
  return (
    <ol
      aria-label="Log"
      tabIndex={0}
      className="max-h-[60vh] overflow-auto rounded-md border border-border bg-subtle py-1 font-mono text-xs leading-[18px]"
    >
      {attempt.logs.map((line, index) => (
        <li key={index} className="flex gap-3 px-2 hover:bg-sunken">
          <time
            dateTime={new Date(line.at).toISOString()}
            title={formatClock(line.at)}
            className="w-14 shrink-0 text-right text-fg-subtle tabular-nums"
          >
            +{formatDuration(line.at - attempt.startedAt)}
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
