import type { FunctionReturnType } from "convex/server";
import type { api } from "@/convex/_generated/api";
import type { TriggerSetting } from "@/convex/validators/triggers";
import { formatDuration } from "@/lib/format";

export type Comparison = NonNullable<
  FunctionReturnType<typeof api.workflowVersions.compare>
>;
type Graph = NonNullable<Comparison["graph"]>;
export type StepChange = Graph["steps"][number];
export type ValueChange = Graph["options"][number];

/** `retry.maxAttempts` is "retry: max attempts", `timeoutMs` is "timeout". */
export function optionName(path: string): string {
  return path
    .split(".")
    .map((part) =>
      part
        .replace(/Ms$/, "")
        .replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
    )
    .join(": ");
}

/** A value as people write it; null when there is none. */
export function optionValue(path: string, json: string | null): string {
  if (json === null || json === "null") return "none";
  const value: unknown = JSON.parse(json);
  if (path.endsWith("Ms") && typeof value === "number")
    return formatDuration(value);
  return typeof value === "string" ? value : json;
}

const PART_WORD = {
  kind: "kind",
  options: "options",
  code: "code",
  position: "moved",
} as const satisfies Record<StepChange["parts"][number], string>;

/** "code and options", "moved". */
export function whatChanged(change: StepChange): string {
  if (change.change !== "changed") return change.change;
  return change.parts.map((part) => PART_WORD[part]).join(", ");
}

export function triggerName({ config }: TriggerSetting): string {
  switch (config.kind) {
    case "schedule":
      return `Schedule ${config.cron} (${config.timeZone})`;
    case "webhook":
      return `Webhook “${config.name}”`;
    case "event":
      return `Event ${config.event}`;
  }
}

/** "3 added, 1 removed"; null when no step changed. */
export function countSteps(steps: readonly StepChange[]): string | null {
  const counts = (["added", "removed", "changed"] as const).flatMap((kind) => {
    const count = steps.filter(({ change }) => change === kind).length;
    return count === 0 ? [] : `${count} ${kind}`;
  });
  return counts.length === 0 ? null : counts.join(", ");
}
