import type { Json } from "../language/evaluation";
import type { DelayStep } from "../language/graph";
import { type Begun, failed, type StepContext } from "./stepBegin";

const MAX_DELAY_MS = 5 * 365 * 24 * 3600 * 1000;

/** The output is when it woke, as ISO text; a time in the past does not wait. */
export async function beginDelay(step: StepContext<DelayStep>): Promise<Begun> {
  const { node, now } = step;
  if (node.durationMs !== null) return sleepUntil(now + node.durationMs, now);
  const result = await step.evaluate("until");
  if (result.kind === "failed") return result;
  const until = timeOf(result.value);
  if (until === null) {
    return failed(
      "invalid_value",
      `until gave ${JSON.stringify(result.value)}; it must give a date or milliseconds since 1970.`,
    );
  }
  // Timers count whole milliseconds.
  return sleepUntil(Math.ceil(until), now);
}

function sleepUntil(until: number, now: number): Begun {
  if (until <= now)
    return { kind: "completed", output: new Date(now).toISOString() };
  if (until - now <= MAX_DELAY_MS) return { kind: "sleep", until };
  return failed("invalid_value", "A delay can last at most 5 years.");
}

function timeOf(value: Json): number | null {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value !== "string") return null;
  const time = Date.parse(value);
  return Number.isNaN(time) ? null : time;
}
