/** Limits tighter than the engine's own: of a whole test, and of one nested call. */
import { BackendError } from "../database/backend-error";
import type { Execution } from "../runtime/execution";

const TEXTS = {
  bytesRead: ["bytes read", " bytes"],
  bytesWritten: ["bytes written", " bytes"],
  databaseQueries: ["reads", ""],
  documentsRead: ["documents read", ""],
  documentsWritten: ["writes", ""],
  functionsScheduled: ["functions scheduled", ""],
  scheduledFunctionArgsBytes: [
    "bytes in arguments of scheduled functions",
    " bytes",
  ],
} as const;
export type TransactionMetric = keyof typeof TEXTS;
export type TransactionLimits = { [Metric in TransactionMetric]?: number };
type MetricUse = { used: number; remaining: number };
const METRICS = Object.keys(TEXTS) as TransactionMetric[];

export class TransactionBudget {
  readonly #limits: TransactionLimits;
  readonly #isUnlimited: boolean;

  /** Absolute: they count from the start of the transaction. */
  constructor(limits: TransactionLimits) {
    this.#limits = limits;
    this.#isUnlimited = Object.keys(limits).length === 0;
  }

  /** For a nested call that may use so much of its own; it can only lower what is left. */
  within(
    execution: Execution,
    requested: TransactionLimits,
  ): TransactionBudget {
    const used = usageOf(execution);
    const limits = { ...this.#limits };
    for (const metric of METRICS) {
      const more = requested[metric];
      if (more !== undefined)
        limits[metric] = Math.min(
          limits[metric] ?? Infinity,
          used[metric] + more,
        );
    }
    return new TransactionBudget(limits);
  }

  check(execution: Execution): void {
    if (this.#isUnlimited) return;
    const used = usageOf(execution);
    for (const metric of METRICS) {
      const limit = this.#limits[metric] ?? Infinity;
      if (used[metric] > limit) throw tooMany(metric, limit);
    }
  }

  /** `answer` is the engine's, to `ctx.meta.getTransactionMetrics()`. */
  narrowed(answer: string): string {
    const metrics = JSON.parse(answer) as { [metric: string]: MetricUse };
    for (const metric of METRICS) {
      const use = metrics[metric];
      const limit = this.#limits[metric];
      if (use !== undefined && limit !== undefined)
        use.remaining = Math.max(0, Math.min(use.remaining, limit - use.used));
    }
    return JSON.stringify(metrics);
  }
}

function usageOf({ tx, scheduled }: Execution): {
  [Metric in TransactionMetric]: number;
} {
  return {
    ...tx.metrics,
    functionsScheduled: scheduled.functions,
    scheduledFunctionArgsBytes: scheduled.argumentBytes,
  };
}

function tooMany(metric: TransactionMetric, limit: number): BackendError {
  const [what, unit] = TEXTS[metric];
  return new BackendError(
    "TransactionLimitExceeded",
    `Too many ${what} in a single function execution (limit: ${limit}${unit})`,
  );
}
