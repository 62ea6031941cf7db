/** When runs of a workflow start: the options of `workflow({ … })` about it, from call to graph. */
import type { Program as ProgramNode } from "acorn";
import type { RecordedCall, RecordedValue } from "./definition";
import { type Diagnostic, errorAt, pointRange } from "./diagnostics";
import { MAX_AT_ONCE, PRIORITY_RANGE } from "./flowRanges";
import type { FlowControl } from "./graph";
import { optionsOfCall, propertyOf, propertyRange } from "./sourceTree";
import { type Report, StepOptions } from "./stepOptions";

export const FLOW_OPTIONS = [
  "concurrency",
  "rateLimit",
  "debounce",
  "idempotencyKey",
  "idempotencyWindow",
  "priority",
] as const;

const DAY_MS = 86_400_000;

/** `flow` is null for a workflow that says nothing about it: its runs start at once. */
export function flowControlOf(
  head: RecordedCall,
  tree: ProgramNode,
): { flow: FlowControl | null; diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const written = optionsOfCall(tree, head.at);
  const read = (option: (typeof FLOW_OPTIONS)[number]) =>
    new FlowOption(option, head.options[option], (message, inside) => {
      const range =
        propertyRange(propertyOf(written, option), inside ?? "") ??
        propertyRange(written, option) ??
        pointOf(head);
      diagnostics.push(errorAt(range, message));
    });
  if (!FLOW_OPTIONS.some((option) => head.options[option] !== undefined))
    return { flow: null, diagnostics };
  const flow = {
    concurrency: concurrencyOf(read("concurrency")),
    rateLimit: rateLimitOf(read("rateLimit")),
    debounce: debounceOf(read("debounce")),
    idempotency: idempotencyOf(
      read("idempotencyKey"),
      read("idempotencyWindow"),
    ),
    priority: read("priority").integer(PRIORITY_RANGE) ?? 0,
  };
  return { flow, diagnostics };
}

function pointOf({ at }: RecordedCall) {
  return at === null ? null : pointRange(at.line, at.column);
}

function concurrencyOf(option: FlowOption): FlowControl["concurrency"] {
  const given = option.object(["limit", "key", "strategy"]);
  if (given === null) return null;
  return {
    limit: given.required("limit", { min: 1, max: MAX_AT_ONCE }),
    hasKey: given.key(),
    strategy: given.choice(
      "strategy",
      ["queue", "drop", "cancel-oldest"],
      "queue",
    ),
  };
}

function rateLimitOf(option: FlowOption): FlowControl["rateLimit"] {
  const given = option.object(["limit", "period", "key", "strategy"]);
  if (given === null) return null;
  return {
    limit: given.required("limit", { min: 1, max: MAX_AT_ONCE }),
    periodMs: given.period("period") ?? 0,
    hasKey: given.key(),
    strategy: given.choice("strategy", ["queue", "drop"], "queue"),
  };
}

function debounceOf(option: FlowOption): FlowControl["debounce"] {
  const given = option.object(["period", "key", "maxWait"]);
  if (given === null) return null;
  const periodMs = given.period("period") ?? 0;
  const maxWaitMs = given.has("maxWait") ? given.period("maxWait") : null;
  if (maxWaitMs !== null && maxWaitMs < periodMs)
    option.report(
      "debounce: maxWait must not be shorter than period: it is how long the first trigger waits at most.",
      "maxWait",
    );
  return { periodMs, maxWaitMs, hasKey: given.key() };
}

function idempotencyOf(
  key: FlowOption,
  window: FlowOption,
): FlowControl["idempotency"] {
  const hasKey = key.isGiven();
  if (hasKey) key.requireFunction();
  const windowMs = window.isGiven() ? window.period() : DAY_MS;
  return hasKey || window.isGiven()
    ? { hasKey, windowMs: windowMs ?? DAY_MS }
    : null;
}

type ReportInside = (message: string, inside?: string) => void;

/** One option of the workflow, with where it is written. */
class FlowOption {
  readonly #name: string;
  readonly #given: RecordedValue | undefined;
  readonly report: ReportInside;

  constructor(
    name: string,
    given: RecordedValue | undefined,
    report: ReportInside,
  ) {
    this.#name = name;
    this.#given = given;
    this.report = report;
  }

  isGiven(): boolean {
    return this.#given !== undefined;
  }

  requireFunction(): void {
    if (this.#given?.kind !== "function")
      this.report(
        `${this.#name} must be a function that gives a text: ({ input }) => input.orderId.`,
      );
  }

  integer(limits: { min: number; max: number }): number | null {
    return this.#alone().integer(this.#name, limits);
  }

  period(): number | null {
    return periodIn(this.#alone(), this.#name, (message) =>
      this.report(message),
    );
  }

  object(keys: readonly string[]): InnerOptions | null {
    if (this.#given === undefined) return null;
    const value = this.#given.kind === "data" ? this.#given.value : null;
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return new InnerOptions(this.#name, { value, keys }, this.report);
    this.report(`${this.#name} must be an object with ${keys.join(", ")}.`);
    return null;
  }

  #alone(): StepOptions {
    const options = this.#given && { [this.#name]: this.#given };
    return new StepOptions(options ?? {}, (message) => this.report(message));
  }
}

/** What is inside one option; every message begins with the option's name. */
class InnerOptions {
  readonly #name: string;
  readonly #report: ReportInside;
  readonly #options: StepOptions;
  #at: string | undefined;

  constructor(
    name: string,
    { value, keys }: { value: object; keys: readonly string[] },
    report: ReportInside,
  ) {
    this.#name = name;
    this.#report = report;
    const entries = Object.entries(value).map(
      ([key, inner]: [string, unknown]) => [key, recorded(inner)] as const,
    );
    this.#options = new StepOptions(Object.fromEntries(entries), (message) =>
      this.#report(`${this.#name}: ${message}`, this.#at),
    );
    this.#options.refuseUnknown(keys);
  }

  has(key: string): boolean {
    return this.#options.has(key);
  }

  required(key: string, limits: { min: number; max: number }): number {
    this.#at = key;
    const value = this.#options.integer(key, limits);
    if (!this.has(key))
      this.#report(
        `${this.#name}: ${key} is missing: a whole number from ${limits.min} to ${limits.max}.`,
      );
    return value ?? limits.min;
  }

  period(key: string): number | null {
    this.#at = key;
    if (this.has(key))
      return periodIn(this.#options, key, (message) =>
        this.#report(`${this.#name}: ${message}`, key),
      );
    this.#report(`${this.#name}: ${key} is missing: a duration such as "10s".`);
    return null;
  }

  choice<T extends string>(key: string, choices: readonly T[], fallback: T): T {
    this.#at = key;
    return this.#options.choice(key, choices, fallback);
  }

  /** Whether there is a function `key`. */
  key(): boolean {
    this.#at = "key";
    if (this.has("key")) this.#options.requireFunction("key", "key");
    return this.#options.isFunction("key");
  }
}

/** The recorder leaves this in the place of a function inside an option. */
function recorded(value: unknown): RecordedValue {
  const isFunction =
    typeof value === "object" && value !== null && "$function" in value;
  return isFunction ? { kind: "function" } : { kind: "data", value };
}

function periodIn(
  options: StepOptions,
  key: string,
  report: Report,
): number | null {
  const ms = options.duration(key);
  if (ms !== 0) return ms;
  report(`${key} must be longer than nothing.`);
  return null;
}
