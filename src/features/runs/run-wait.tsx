"use client";

import { Countdown } from "@/components/display/countdown";
import type { StepRow, StepState } from "@/convex/validators/steps";
import { formatDateTime } from "@/lib/format";
import { RunLink } from "./run-link";

type Wait = Pick<
  Extract<StepState, { kind: "waiting"; for: "run" }>,
  "workflow" | "until"
>;

/** Which run a step waits for, and until when. */
export function RunWait(props: { wait: Wait; child: StepRow["childRun"] }) {
  const { wait, child } = props;
  return (
    <>
      waiting for{" "}
      {child === undefined ? (
        <>
          a run of <b>{wait.workflow}</b> to start
        </>
      ) : (
        <RunLink run={child}>
          {wait.workflow} #{child.number}
        </RunLink>
      )}
      {wait.until === null ? null : (
        <>
          {" "}
          until {formatDateTime(wait.until)} (<Countdown until={wait.until} />)
        </>
      )}
    </>
  );
}
