/** Hides the values of secrets wherever they turn up: outputs, errors, logs. */
import { ELLIPSIS } from "./clip";
import { secretForms } from "./secretForms";

const MASK = "•••••";
/** Shorter values would hide ordinary text, so they are not hidden. */
const MIN_LENGTH = 4;
/** What is cut short is short; longer texts are not looked through for it. */
const MAX_CUT_CHARS = 4_096;

export function isTooShortToHide(value: string): boolean {
  return value.length < MIN_LENGTH;
}

export class SecretMask {
  readonly #values = new Set<string>();
  #longestFirst: string[] = [];

  /** Hides it also in the forms that it may come back in. */
  add(value: string): void {
    if (isTooShortToHide(value)) return;
    for (const form of secretForms(value))
      if (form.length >= MIN_LENGTH) this.#values.add(form);
    // Longest first: a secret that begins like another one must not leave its tail.
    this.#longestFirst = [...this.#values].sort((a, b) => b.length - a.length);
  }

  hide(text: string): string {
    let hidden = text;
    for (const value of this.#longestFirst)
      if (hidden.includes(value)) hidden = hidden.split(value).join(MASK);
    return this.#longestFirst.length > 0 && hidden.length <= MAX_CUT_CHARS
      ? this.#hideCut(hidden)
      : hidden;
  }

  /** A text that was cut short may have the beginning of a secret where it was cut. */
  #hideCut(text: string): string {
    if (!text.includes(ELLIPSIS)) return text;
    const parts = text.split(ELLIPSIS);
    const last = parts.pop() ?? "";
    const hidden = parts.map((part) => {
      const held = this.heldBack(part);
      return held < MIN_LENGTH ? part : part.slice(0, -held) + MASK;
    });
    return [...hidden, last].join(ELLIPSIS);
  }

  /** How much of the end of a text may be the beginning of a secret. */
  heldBack(text: string): number {
    let held = 0;
    for (const value of this.#longestFirst)
      for (let n = Math.min(value.length - 1, text.length); n > held; n--)
        if (text.endsWith(value.slice(0, n))) held = n;
    return held;
  }

  /** The same value with every text in it hidden, keys included. */
  hideIn<T>(value: T): T {
    if (this.#values.size === 0) return value;
    return this.#visit(value) as T;
  }

  #visit(value: unknown): unknown {
    if (typeof value === "string") return this.hide(value);
    if (typeof value === "number")
      return this.#values.has(String(value)) ? MASK : value;
    if (Array.isArray(value)) return value.map((item) => this.#visit(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        this.hide(key),
        this.#visit(inner),
      ]),
    );
  }
}

/** One mask for all that is under way of a run: what one of them asks for is hidden in the others too, from then on. */
export class SharedMasks {
  readonly #masks = new Map<string, { mask: SecretMask; users: number }>();

  enter(runId: string): SecretMask {
    const { mask, users } = this.#masks.get(runId) ?? {
      mask: new SecretMask(),
      users: 0,
    };
    this.#masks.set(runId, { mask, users: users + 1 });
    return mask;
  }

  leave(runId: string): void {
    const shared = this.#masks.get(runId);
    if (shared === undefined) return;
    shared.users -= 1;
    if (shared.users === 0) this.#masks.delete(runId);
  }
}

/** Hides secrets in a text that comes in parts, also those that stand across two of them. */
export class StreamMask {
  readonly #mask: SecretMask;
  #held = "";

  constructor(mask: SecretMask) {
    this.#mask = mask;
  }

  /** As much as can be shown already. */
  push(text: string): string {
    const hidden = this.#mask.hide(this.#held + text);
    const end = hidden.length - this.#mask.heldBack(hidden);
    this.#held = hidden.slice(end);
    return hidden.slice(0, end);
  }

  end(): string {
    const left = this.#held;
    this.#held = "";
    return left;
  }
}
