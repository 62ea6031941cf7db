import type { RunState } from "../../../convex/validators/runs";
import type { StepState } from "../../../convex/validators/steps";
import { cn } from "../../lib/cn";
import { STATUS, statusOf } from "../../lib/run-status";
import { Badge } from "../ui/badge";
import { Countdown } from "./countdown";

/** Icon and word of a status, on the tint of its family; what goes on by itself also says when. */
export function StatusChip({ state }: { state: RunState | StepState }) {
  const status = statusOf(state);
  const look = STATUS[status];
  const Icon = look.icon;
  const until = wakesAt(state);
  return (
    <Badge tone={look.family} className="max-w-full overflow-hidden text-xs">
      <Icon
        aria-hidden
        strokeWidth={1.75}
        className={cn(
          ["running", "preparing"].includes(status) &&
            "motion-safe:animate-spin",
        )}
      />
      {look.label}
      {until === null ? null : (
        <Countdown until={until} form={status === "sleeping" ? "bare" : "in"} />
      )}
    </Badge>
  );
}

/** The end of a wait for people or events is a limit, not the time at which the step goes on. */
function wakesAt(state: RunState | StepState): number | null {
  if (state.kind === "waiting")
    return ["delay", "retry"].includes(state.for) ? state.until : null;
  return state.kind === "retrying" ? state.nextRetryAt : null;
}
