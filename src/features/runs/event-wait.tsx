import { Countdown } from "@/components/display/countdown";
import type { StepState } from "@/convex/validators/steps";
import { formatDateTime } from "@/lib/format";

type Wait = Pick<
  Extract<StepState, { kind: "waiting"; for: "event" }>,
  "event" | "match" | "until"
>;

/** Which event a step waits for, what its data must have, and until when. */
export function EventWait({ wait }: { wait: Wait }) {
  const { event, match, until } = wait;
  return (
    <>
      waiting for the event <b className="font-mono">{event}</b>
      {match === null ? null : (
        <>
          {" "}
          with <code className="break-all">{match}</code>
        </>
      )}
      {until === null ? (
        ", without a timeout"
      ) : (
        <>
          {" "}
          until {formatDateTime(until)} (<Countdown until={until} form="left" />
          )
        </>
      )}
    </>
  );
}
