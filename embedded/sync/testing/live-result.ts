import type { QueryOutcome } from "../../runtime/types";
import type { LiveResult } from "../live-queries";

/** What a live query that read nothing would give. */
export function liveResultOf(value: string | number): LiveResult {
  const outcome: QueryOutcome = {
    kind: "ok",
    value,
    logLines: [],
    ts: 1n,
    reads: { ranges: new Map(), tags: new Set() },
    journal: null,
    readIdentity: false,
  };
  const text = JSON.stringify(value);
  return {
    outcome,
    modification: `"value":${text},"logLines":[],"journal":null}`,
    fingerprint: text,
  };
}
