/** Workflows with random limits for their starts, and what has been asked of them: what a model needs to judge a start. */
import type { Id } from "../../../convex/_generated/dataModel";
import type { SeededRandom } from "./seeded-random";

export type Limited = {
  workflowId: Id<"workflows">;
  concurrency: {
    limit: number;
    strategy: "queue" | "drop" | "cancel-oldest";
  } | null;
  rate: { limit: number; periodMs: number; strategy: "queue" | "drop" } | null;
  debounce: { periodMs: number; maxWaitMs: number } | null;
  isKeyed: boolean;
  /** Nothing of it may start. */
  isHeld: boolean;
};

export type LimitOptions = Omit<Limited, "workflowId" | "isHeld">;

export function randomLimits(random: SeededRandom): LimitOptions {
  const limit = () => 1 + random.below(3);
  const strategies = ["queue", "queue", "drop", "cancel-oldest"] as const;
  return {
    concurrency: random.chance(0.7)
      ? { limit: limit(), strategy: random.pick(strategies) ?? "queue" }
      : null,
    rate: random.chance(0.4)
      ? {
          limit: limit(),
          periodMs: 10_000 * limit(),
          strategy: random.chance(0.7) ? "queue" : "drop",
        }
      : null,
    debounce: random.chance(0.35)
      ? { periodMs: 5_000, maxWaitMs: 12_000 }
      : null,
    isKeyed: random.chance(0.5),
  };
}

/** Its runs sleep until somebody ends them. */
export function sourceOfLimited(limits: LimitOptions): string {
  const { concurrency, rate, debounce, isKeyed } = limits;
  const key = isKeyed ? "key: ({ input }) => input.key," : "";
  const options = [
    `input: z.object({ key: z.string(), n: z.number() }),`,
    concurrency === null
      ? ""
      : `concurrency: { limit: ${concurrency.limit}, strategy: "${concurrency.strategy}", ${key} },`,
    rate === null
      ? ""
      : `rateLimit: { limit: ${rate.limit}, period: ${rate.periodMs}, strategy: "${rate.strategy}", ${key} },`,
    debounce === null
      ? ""
      : `debounce: { period: ${debounce.periodMs}, maxWait: ${debounce.maxWaitMs}, ${key} },`,
  ];
  return `import { workflow, z } from "lockstep";
export default workflow({ ${options.join(" ")} }).delay("nap", "366d");`;
}
