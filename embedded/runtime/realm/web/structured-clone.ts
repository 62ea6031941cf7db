/** `structuredClone`, without transfer. */
import { Blob } from "./blob";
import { DOMException } from "./dom-exception";

const ERRORS = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
} as const;

export function structuredClone<T>(
  value: T,
  options: { transfer?: unknown[] } = {},
): T {
  if ((options.transfer?.length ?? 0) > 0)
    throw new TypeError("structuredClone with transfer is not supported");
  return new Cloning().clone(value) as T;
}

class Cloning {
  readonly #copies = new Map<object, unknown>();

  clone(value: unknown): unknown {
    if (typeof value === "symbol" || typeof value === "function")
      throw notCloneable(value);
    if (typeof value !== "object" || value === null) return value;
    if (this.#copies.has(value)) return this.#copies.get(value);
    return this.#cloneObject(value);
  }

  #cloneObject(value: object): unknown {
    if (Array.isArray(value))
      return this.#properties(value, new Array(value.length));
    if (value instanceof Map) return this.#map(value);
    if (value instanceof Set) return this.#set(value);
    if (value instanceof Error) return this.#error(value);
    const copy = copyOfBuiltIn(value);
    if (copy !== null) return this.#remember(value, copy);
    const tag = Object.prototype.toString.call(value);
    if (tag === "[object Promise]" || tag === "[object WeakMap]")
      throw notCloneable(value);
    return this.#properties(value, {});
  }

  #remember<Copy>(value: object, copy: Copy): Copy {
    this.#copies.set(value, copy);
    return copy;
  }

  #properties(value: object, target: object): object {
    this.#remember(value, target);
    for (const [name, property] of Object.entries(value))
      (target as { [name: string]: unknown })[name] = this.clone(property);
    return target;
  }

  #map(value: Map<unknown, unknown>): unknown {
    const copy = this.#remember(value, new Map<unknown, unknown>());
    for (const [key, item] of [...value])
      copy.set(this.clone(key), this.clone(item));
    return copy;
  }

  #set(value: Set<unknown>): unknown {
    const copy = this.#remember(value, new Set<unknown>());
    for (const item of [...value]) copy.add(this.clone(item));
    return copy;
  }

  #error(value: Error): unknown {
    const kind =
      value.name in ERRORS ? ERRORS[value.name as keyof typeof ERRORS] : Error;
    const copy = this.#remember(value, new kind(value.message));
    if (value.stack !== undefined) copy.stack = value.stack;
    if (value.cause !== undefined) copy.cause = this.clone(value.cause);
    return copy;
  }
}

function copyOfBuiltIn(value: object): object | null {
  if (value instanceof Date) return new Date(value.getTime());
  if (value instanceof RegExp) return new RegExp(value.source, value.flags);
  if (value instanceof ArrayBuffer) return value.slice(0);
  if (ArrayBuffer.isView(value)) return copyOfView(value);
  if (value instanceof Blob) return value.slice(0, value.size, value.type);
  const isWrapper =
    value instanceof Boolean ||
    value instanceof Number ||
    value instanceof String;
  return isWrapper ? (Object(value.valueOf()) as object) : null;
}

function copyOfView(view: ArrayBufferView): object {
  const { buffer, byteOffset, byteLength } = view;
  const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
  const kind = view.constructor as new (buffer: unknown) => object;
  return new kind(bytes);
}

function notCloneable(value: unknown): DOMException {
  return new DOMException(
    `${String(value)} could not be cloned.`,
    "DataCloneError",
  );
}
