import type { RunState, StepState } from "../../../convex/validators";
import { cn } from "../../lib/cn";
import { STATUS, statusOf } from "../../lib/run-status";
import { Badge } from "../ui/badge";
import { Countdown } from "./countdown";

/** Icon and word of a status, on the tint of its family; what waits also says for how long. */
export function StatusChip({ state }: { state: RunState | StepState }) {
  const status = statusOf(state);
  const look = STATUS[status];
  const Icon = look.icon;
  const until = untilOf(state);
  return (
    <Badge tone={look.family} className="text-xs">
      <Icon
        aria-hidden
        strokeWidth={1.75}
        className={cn(status === "running" && "motion-safe:animate-spin")}
      />
      {look.label}
      {until === null ? null : (
        <Countdown until={until} bare={status === "sleeping"} />
      )}
    </Badge>
  );
}

function untilOf(state: RunState | StepState): number | null {
  if (state.kind === "waiting") return state.until;
  return state.kind === "retrying" ? state.nextRetryAt : null;
}
