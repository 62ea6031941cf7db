import { StatusIcon } from "@/components/display/status-icon";
import type { AttemptRow } from "@/convex/validators/steps";
import { cn } from "@/lib/cn";
import { formatDuration } from "@/lib/format";

/** One button an attempt: `1 ✕  2 ✕  3 ✓ final`. Nothing for a step that was tried once. */
export function AttemptTabs(props: {
  attempts: readonly AttemptRow[];
  selected: AttemptRow;
  onSelect: (number: number) => void;
}) {
  if (props.attempts.length < 2) return null;
  const last = props.attempts.at(-1);
  return (
    <div
      role="group"
      aria-label="Attempts"
      className="flex flex-wrap gap-1 pb-2"
    >
      {props.attempts.map((attempt) => (
        <button
          key={attempt.number}
          type="button"
          aria-pressed={attempt.number === props.selected.number}
          title={titleOf(attempt)}
          onClick={() => props.onSelect(attempt.number)}
          className={cn(
            "flex h-7 items-center gap-1.5 rounded-md border px-2.5 tabular-nums max-sm:h-10",
            attempt.number === props.selected.number
              ? "border-border-strong bg-sunken font-medium"
              : "border-transparent hover:bg-sunken",
          )}
        >
          {attempt.number}
          <StatusIcon status={attempt.status} />
          {attempt === last && attempt.endedAt !== null ? "final" : null}
        </button>
      ))}
    </div>
  );
}

function titleOf(attempt: AttemptRow): string {
  const { number, startedAt, endedAt } = attempt;
  if (endedAt === null) return `Attempt ${number}, running`;
  return `Attempt ${number}, ${formatDuration(endedAt - startedAt)}`;
}
