import { cn } from "../../lib/cn";
import { FAMILY_TEXT, STATUS, type StatusKey } from "../../lib/run-status";

/** The icon of a status and, for those who do not see it, its word. */
export function StatusIcon({
  status,
  className,
}: {
  status: StatusKey;
  className?: string;
}) {
  const look = STATUS[status];
  const Icon = look.icon;
  return (
    <span
      className={cn(
        "inline-flex shrink-0",
        FAMILY_TEXT[look.family],
        className,
      )}
    >
      <Icon
        aria-hidden
        strokeWidth={1.75}
        className={cn(
          "size-4",
          status === "running" && "motion-safe:animate-spin",
        )}
      />
      <span className="sr-only">{look.label}</span>
    </span>
  );
}
