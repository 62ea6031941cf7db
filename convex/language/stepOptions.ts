import type { RecordedValue } from "./definition";
import { parseDuration } from "./durations";
import { EVENT_NAME_RULE, isEventName } from "./eventNames";
import type { JsonSchema, RetryPolicy } from "./graph";

/** `option`: the one to blame, when it is one. */
export type Report = (message: string, option?: string) => void;

export const DEFAULT_RETRY: RetryPolicy = {
  maxAttempts: 3,
  backoff: "exponential",
  initialDelayMs: 1_000,
  maxDelayMs: 60_000,
  maxElapsedMs: null,
};

/** Reads the recorded options of one call; what is wrong is reported, and a default stands in. */
export class StepOptions {
  readonly #options: Record<string, RecordedValue>;
  readonly #report: Report;
  readonly #blocks: readonly string[];

  /** `blocks`: names of further options, which are steps. */
  constructor(
    options: Record<string, RecordedValue>,
    report: Report,
    blocks: readonly string[] = [],
  ) {
    this.#options = options;
    this.#report = report;
    this.#blocks = blocks;
  }

  /** For what no single option is to blame for. */
  report(message: string): void {
    this.#report(message);
  }

  has(key: string): boolean {
    return this.#options[key] !== undefined;
  }

  isFunction(key: string): boolean {
    return this.#options[key]?.kind === "function";
  }

  data(key: string): unknown {
    const option = this.#options[key];
    return option?.kind === "data" ? option.value : undefined;
  }

  requireFunction(key: string, what: string): void {
    if (!this.isFunction(key)) this.#report(`${what} must be a function.`);
  }

  refuseUnknown(allowed: readonly string[]): void {
    for (const key of [...Object.keys(this.#options), ...this.#blocks])
      if (!allowed.includes(key))
        this.#report(
          `There is no option "${key}" here${whyNot(key)}; there are ${allowed.join(", ")}.`,
          key,
        );
  }

  schema(key: string): JsonSchema | null {
    const option = this.#options[key];
    if (option === undefined) return null;
    if (option.kind === "schema") return option.schema;
    this.#report(`${key} must be a schema, such as z.object({ … }).`);
    return null;
  }

  duration(key: string): number | null {
    if (!this.has(key)) return null;
    const ms = parseDuration(this.data(key));
    if (ms === null)
      this.#report(
        `${key} is ${this.#shown(key)}, which is not a duration: write "250ms", "10s", "5m", "2h", "3d" or milliseconds, up to 366 days.`,
      );
    return ms;
  }

  timeout(): number | null {
    const ms = this.duration("timeout");
    if (ms === 0)
      this.#report("timeout must be more than 0: nothing ends in no time.");
    return ms;
  }

  #shown(key: string): string {
    if (this.isFunction(key)) return "a function";
    return String(JSON.stringify(this.data(key))).slice(0, 40);
  }

  eventName(key: string): string | null {
    const value = this.data(key);
    if (isEventName(value)) return value;
    this.#report(
      `${key} must be the name of an event, such as "order.paid": ${EVENT_NAME_RULE}.`,
    );
    return null;
  }

  choice<T extends string>(key: string, choices: readonly T[], fallback: T): T {
    if (!this.has(key)) return fallback;
    const value = this.data(key);
    const found = choices.find((choice) => choice === value);
    if (found === undefined)
      this.#report(
        `${key} must be ${choices.map((choice) => `"${choice}"`).join(" or ")}.`,
      );
    return found ?? fallback;
  }

  boolean(key: string, fallback: boolean): boolean {
    if (!this.has(key)) return fallback;
    const value = this.data(key);
    if (typeof value === "boolean") return value;
    this.#report(`${key} must be true or false.`);
    return fallback;
  }

  integer(key: string, limits: { min: number; max: number }): number | null {
    if (!this.has(key)) return null;
    const value = this.data(key);
    if (isIntegerIn(value, limits)) return value;
    this.#report(
      `${key} must be a whole number from ${limits.min} to ${limits.max}.`,
    );
    return null;
  }

  statuses(key: string): number[] | null {
    if (!this.has(key)) return null;
    const value = this.data(key);
    const limits = { min: 100, max: 599 };
    if (Array.isArray(value) && value.every((v) => isIntegerIn(v, limits)))
      return value;
    this.#report(`${key} must be a list of HTTP statuses.`);
    return null;
  }

  /** `fallback` fills what is left out. */
  retry(fallback: RetryPolicy): RetryPolicy {
    if (!this.has("retry")) return fallback;
    const given = this.data("retry");
    if (typeof given !== "object" || given === null || Array.isArray(given)) {
      this.#report("retry must be an object such as { maxAttempts: 5 }.");
      return fallback;
    }
    return retryFrom(given, fallback, this.#report);
  }
}

/** What other kinds of step have. */
function whyNot(option: string): string {
  switch (option) {
    case "retry":
      return ": only http, action and run steps are tried again";
    case "timeout":
      return ": only steps that wait for something, or hold others, have one";
    default:
      return "";
  }
}

const RETRY_KEYS = [
  "maxAttempts",
  "backoff",
  "initialDelay",
  "maxDelay",
  "maxElapsed",
];

function retryFrom(
  given: object,
  fallback: RetryPolicy,
  report: Report,
): RetryPolicy {
  const recorded = Object.entries(given).map(
    ([key, value]: [string, unknown]) =>
      [key, { kind: "data", value }] as const,
  );
  const options = new StepOptions(Object.fromEntries(recorded), (message) =>
    report(`retry: ${message}`),
  );
  options.refuseUnknown(RETRY_KEYS);
  return {
    maxAttempts:
      options.integer("maxAttempts", { min: 1, max: 100 }) ??
      fallback.maxAttempts,
    backoff: options.choice(
      "backoff",
      ["exponential", "fixed"],
      fallback.backoff,
    ),
    initialDelayMs: options.duration("initialDelay") ?? fallback.initialDelayMs,
    maxDelayMs: options.duration("maxDelay") ?? fallback.maxDelayMs,
    maxElapsedMs: options.duration("maxElapsed") ?? fallback.maxElapsedMs,
  };
}

function isIntegerIn(
  value: unknown,
  { min, max }: { min: number; max: number },
): value is number {
  return (
    typeof value === "number" &&
    Number.isInteger(value) &&
    value >= min &&
    value <= max
  );
}
