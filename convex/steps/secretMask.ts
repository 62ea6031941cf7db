/** Hides the values of secrets wherever they turn up: outputs, errors, logs. */
const MASK = "•••••";
/** Shorter values would hide ordinary text. */
const MIN_LENGTH = 4;

export class SecretMask {
  readonly #values = new Set<string>();
  #longestFirst: string[] = [];

  /** Hides it also as it stands in addresses, in JSON text, in base64 (anywhere in the encoded bytes) and in hex. */
  add(value: string): void {
    if (value.length < MIN_LENGTH) return;
    this.#values.add(value);
    this.#values.add(encodeURIComponent(value));
    this.#values.add(new URLSearchParams([["", value]]).toString().slice(1));
    this.#values.add(JSON.stringify(value).slice(1, -1));
    for (const encoded of encodedForms(value)) this.#values.add(encoded);
    // Longest first: a secret that begins like another one must not leave its tail.
    this.#longestFirst = [...this.#values].sort((a, b) => b.length - a.length);
  }

  hide(text: string): string {
    let hidden = text;
    for (const value of this.#longestFirst)
      hidden = hidden.split(value).join(MASK);
    return hidden;
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

/** Shorter ones would hide ordinary text. */
const MIN_ENCODED = 6;

/** What base64 makes of the secret depends on where it begins in the encoded bytes: three ways, without their edges. */
function encodedForms(value: string): string[] {
  const bytes = new TextEncoder().encode(value);
  const forms = [toHex(bytes)];
  for (const before of [0, 1, 2]) {
    const padded = new Uint8Array(before + bytes.length);
    padded.set(bytes, before);
    const whole = Math.floor((padded.length * 8) / 6);
    const base64 = toBase64(padded).slice(Math.ceil((before * 8) / 6), whole);
    forms.push(base64, base64.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return forms.filter(({ length }) => length >= MIN_ENCODED);
}

function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}
