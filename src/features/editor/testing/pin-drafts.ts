import type { Id } from "@/convex/_generated/dataModel";

/** A pin as it is being chosen: typed, or the output that a step had in another run. */
export type PinDraft =
  | { kind: "json"; json: string }
  | { kind: "run"; runId: Id<"workflowRuns">; number: number; key: string };

/** By pattern. */
export type PinDrafts = Record<string, PinDraft>;

export function pinsToSend(pins: PinDrafts) {
  return Object.entries(pins).map(([pattern, pin]) => ({
    pattern,
    value:
      pin.kind === "json"
        ? { kind: "json" as const, json: pin.json }
        : { kind: "run" as const, runId: pin.runId, key: pin.key },
  }));
}

export function withPin(
  pins: PinDrafts,
  pattern: string,
  pin: PinDraft | null,
): PinDrafts {
  const { [pattern]: _, ...others } = pins;
  return pin === null ? others : { ...others, [pattern]: pin };
}
