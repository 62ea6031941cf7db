/** Hides the values of secrets wherever they turn up: outputs, errors, logs. */
const MASK = "•••••";
/** Shorter values would hide ordinary text. */
const MIN_LENGTH = 4;

export class SecretMask {
  readonly #values = new Set<string>();
  #longestFirst: string[] = [];

  /** Hides it also as it stands in addresses and in JSON text. */
  add(value: string): void {
    if (value.length < MIN_LENGTH) return;
    this.#values.add(value);
    this.#values.add(encodeURIComponent(value));
    this.#values.add(new URLSearchParams([["", value]]).toString().slice(1));
    this.#values.add(JSON.stringify(value).slice(1, -1));
    // Longest first: a secret that begins like another one must not leave its tail.
    this.#longestFirst = [...this.#values].sort((a, b) => b.length - a.length);
  }

  hide(text: string): string {
    let hidden = text;
    for (const value of this.#longestFirst)
      hidden = hidden.split(value).join(MASK);
    return hidden;
  }

  /** The same value with every text in it hidden, keys included. */
  hideIn<T>(value: T): T {
    if (this.#values.size === 0) return value;
    return this.#visit(value) as T;
  }

  #visit(value: unknown): unknown {
    if (typeof value === "string") return this.hide(value);
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
