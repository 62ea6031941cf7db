/** `Headers`: names in lower case, values of one name joined with commas, `set-cookie` kept apart. */
export type HeadersInit =
  Headers | Iterable<readonly [string, string]> | { [name: string]: string };

const NAME = /^[!#$%&'*+\-.^_`|~\w]+$/;
/** These would end the header. */
const BAD_VALUE = /[\0\r\n]/;

export class Headers {
  readonly #values = new Map<string, string[]>();

  constructor(init?: HeadersInit | null) {
    if (init === undefined || init === null) return;
    if (typeof init !== "object")
      throw new TypeError("Headers must be made from an object or pairs");
    const pairs = Symbol.iterator in init ? init : Object.entries<string>(init);
    for (const [name, value] of pairs) this.append(name, value);
  }

  append(name: string, value: string): void {
    const key = normalName(name);
    const known = this.#values.get(key) ?? [];
    this.#values.set(key, [...known, normalValue(name, value)]);
  }

  set(name: string, value: string): void {
    this.#values.set(normalName(name), [normalValue(name, value)]);
  }

  get(name: string): string | null {
    return this.#values.get(normalName(name))?.join(", ") ?? null;
  }

  has(name: string): boolean {
    return this.#values.has(normalName(name));
  }

  delete(name: string): void {
    this.#values.delete(normalName(name));
  }

  getSetCookie(): string[] {
    return [...(this.#values.get("set-cookie") ?? [])];
  }

  forEach(
    callback: (value: string, name: string, headers: Headers) => void,
    thisArg?: unknown,
  ): void {
    for (const [name, value] of this) callback.call(thisArg, value, name, this);
  }

  *entries(): IterableIterator<[string, string]> {
    for (const name of [...this.#values.keys()].sort()) {
      const values = this.#values.get(name) ?? [];
      if (name !== "set-cookie") yield [name, values.join(", ")];
      else for (const value of values) yield [name, value];
    }
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }

  get [Symbol.toStringTag](): string {
    return "Headers";
  }
}

function normalName(name: string): string {
  const text = String(name);
  if (!NAME.test(text)) throw new TypeError(`Invalid header name: ${text}`);
  return text.toLowerCase();
}

function normalValue(name: string, value: string): string {
  const text = String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
  if (BAD_VALUE.test(text))
    throw new TypeError(`Invalid value of header ${String(name)}`);
  return text;
}
