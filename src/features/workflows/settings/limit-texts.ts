import type { FlowControl, Graph } from "@/convex/language/graph";
import { formatDuration, formatPlural } from "@/lib/format";

export type LimitText = { name: string; text: string };

/** What the source of a version says about when its runs start and how long they may take, a sentence each. */
export function limitTexts(
  flow: FlowControl | null,
  { timeoutMs }: Pick<Graph, "timeoutMs">,
): LimitText[] {
  const texts: [string, string | null][] = [
    ["concurrency", flow && concurrencyText(flow)],
    ["rateLimit", flow && rateText(flow)],
    ["debounce", flow && debounceText(flow)],
    ["idempotencyKey", flow && idempotencyText(flow)],
    ["priority", flow && priorityText(flow)],
    [
      "timeout",
      timeoutMs === null
        ? null
        : `A run fails when it takes longer than ${formatDuration(timeoutMs)}.`,
    ],
  ];
  return texts.flatMap(([name, text]) => (text === null ? [] : { name, text }));
}

const perKey = (hasKey: boolean) => (hasKey ? " for each key" : "");

function concurrencyText({ concurrency }: FlowControl): string | null {
  if (concurrency === null) return null;
  const { limit, hasKey, strategy } = concurrency;
  const then = {
    queue: "others wait for their turn",
    drop: "others are not run",
    "cancel-oldest": "another one cancels the oldest",
  }[strategy];
  return `At most ${formatPlural(limit, "run")} at once${perKey(hasKey)}; ${then}.`;
}

function rateText({ rateLimit }: FlowControl): string | null {
  if (rateLimit === null) return null;
  const { limit, periodMs, hasKey, strategy } = rateLimit;
  const then = strategy === "queue" ? "others wait" : "others are not run";
  return `At most ${formatPlural(limit, "run")} start in any ${formatDuration(periodMs)}${perKey(hasKey)}; ${then}.`;
}

function debounceText({ debounce }: FlowControl): string | null {
  if (debounce === null) return null;
  const { periodMs, maxWaitMs, hasKey } = debounce;
  const longest =
    maxWaitMs === null ? "" : `, ${formatDuration(maxWaitMs)} at the longest`;
  return `One run for all triggers that come within ${formatDuration(periodMs)} of each other${perKey(hasKey)}${longest}, with the input of the last.`;
}

function idempotencyText({ idempotency }: FlowControl): string | null {
  if (idempotency === null) return null;
  return `A start with the same key within ${formatDuration(idempotency.windowMs)} gives the run that is there.`;
}

function priorityText({ priority }: FlowControl): string | null {
  return priority === 0
    ? null
    : `Runs have priority ${priority}: higher ones start first, 0 is usual.`;
}
