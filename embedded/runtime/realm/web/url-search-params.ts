/** `URLSearchParams`: an ordered list of pairs and its `application/x-www-form-urlencoded` text. */
import { decodeText, encodeText } from "./text-encoding";

type Pair = [string, string];
export type SearchParamsInit =
  string | Iterable<readonly [string, string]> | { [name: string]: string };

export const onChange = Symbol("onChange");
export const replaceText = Symbol("replaceText");

export class URLSearchParams {
  #pairs: Pair[];
  /** Set by the URL that these belong to. */
  [onChange]: (() => void) | undefined;

  constructor(init: SearchParamsInit = "") {
    this.#pairs = pairsOf(init);
    Object.defineProperty(this, onChange, {
      enumerable: false,
      writable: true,
      value: undefined,
    });
  }

  get size(): number {
    return this.#pairs.length;
  }

  append(name: string, value: string): void {
    this.#change([...this.#pairs, [String(name), String(value)]]);
  }

  delete(name: string, value?: string): void {
    this.#change(
      this.#pairs.filter(
        ([key, own]) => key !== name || (value !== undefined && own !== value),
      ),
    );
  }

  get(name: string): string | null {
    return this.#pairs.find(([key]) => key === name)?.[1] ?? null;
  }

  getAll(name: string): string[] {
    return this.#pairs.flatMap(([key, value]) => (key === name ? [value] : []));
  }

  has(name: string, value?: string): boolean {
    return this.#pairs.some(
      ([key, own]) => key === name && (value === undefined || own === value),
    );
  }

  set(name: string, value: string): void {
    const at = this.#pairs.findIndex(([key]) => key === name);
    if (at === -1) return this.append(name, value);
    const pair: Pair = [String(name), String(value)];
    this.#change(
      this.#pairs.flatMap((own, index) =>
        index === at ? [pair] : own[0] === name ? [] : [own],
      ),
    );
  }

  /** By code units, and stable. */
  sort(): void {
    this.#change(
      [...this.#pairs].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
    );
  }

  forEach(
    callback: (value: string, name: string, params: URLSearchParams) => void,
    thisArg?: unknown,
  ): void {
    for (const [name, value] of this.#pairs)
      callback.call(thisArg, value, name, this);
  }

  *entries(): IterableIterator<Pair> {
    for (const [name, value] of this.#pairs) yield [name, value];
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this.#pairs) yield name;
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this.#pairs) yield value;
  }

  [Symbol.iterator](): IterableIterator<Pair> {
    return this.entries();
  }

  toString(): string {
    return this.#pairs
      .map(([name, value]) => `${formEncoded(name)}=${formEncoded(value)}`)
      .join("&");
  }

  get [Symbol.toStringTag](): string {
    return "URLSearchParams";
  }

  [replaceText](text: string): void {
    this.#pairs = parse(text);
  }

  #change(pairs: Pair[]): void {
    this.#pairs = pairs;
    this[onChange]?.();
  }
}

function pairsOf(init: SearchParamsInit): Pair[] {
  if (typeof init !== "object" || init === null) return parse(String(init));
  if (!(Symbol.iterator in init))
    return Object.entries(init).map(([name, value]) => [name, String(value)]);
  return Array.from(init, (pair) => {
    const [name, value, ...more] = pair as readonly string[];
    if (name === undefined || value === undefined || more.length > 0)
      throw new TypeError("Each query pair must be a [name, value] tuple");
    return [String(name), String(value)];
  });
}

function parse(text: string): Pair[] {
  return text
    .replace(/^\?/, "")
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const equals = part.indexOf("=");
      return equals === -1
        ? [formDecoded(part), ""]
        : [
            formDecoded(part.slice(0, equals)),
            formDecoded(part.slice(equals + 1)),
          ];
    });
}

function formEncoded(text: string): string {
  if (/^[\w*.-]*$/.test(text)) return text;
  let encoded = "";
  for (const byte of encodeText(text)) {
    const character = String.fromCharCode(byte);
    encoded +=
      byte === 0x20
        ? "+"
        : /[\w*.-]/.test(character)
          ? character
          : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

function formDecoded(text: string): string {
  const spaced = text.replaceAll("+", " ");
  if (!spaced.includes("%")) return spaced;
  const bytes: number[] = [];
  const source = encodeText(spaced);
  for (let at = 0; at < source.length; at++) {
    const digits = String.fromCharCode(...source.subarray(at + 1, at + 3));
    const isEscape = source[at] === 0x25 && /^[\da-f]{2}$/i.test(digits);
    bytes.push(isEscape ? parseInt(digits, 16) : (source[at] ?? 0));
    if (isEscape) at += 2;
  }
  return decodeText(new Uint8Array(bytes));
}
