import { DOMException } from "./dom-exception";

const OPERATIONS = [
  "decrypt",
  "deriveBits",
  "deriveKey",
  "digest",
  "encrypt",
  "exportKey",
  "generateKey",
  "importKey",
  "sign",
  "unwrapKey",
  "verify",
  "wrapKey",
] as const;
export type Operation = (typeof OPERATIONS)[number];
type Perform = (operation: Operation, args: unknown[]) => Promise<unknown>;

const CREATE = Symbol("create");

/** Its methods are those of the standard; what they do is given by the realm. */
export class SubtleCrypto {
  readonly #perform: Perform;

  constructor(permission: symbol, perform: Perform) {
    if (permission !== CREATE) throw new TypeError("Illegal constructor");
    this.#perform = perform;
  }

  static {
    for (const operation of OPERATIONS) {
      const method = async function (this: SubtleCrypto, ...args: unknown[]) {
        return this.#perform(operation, args);
      };
      Object.defineProperty(this.prototype, operation, {
        value: method,
        writable: true,
        configurable: true,
      });
    }
  }

  get [Symbol.toStringTag](): string {
    return "SubtleCrypto";
  }
}

export function createSubtle(perform: Perform): SubtleCrypto {
  return new SubtleCrypto(CREATE, perform);
}

export function unsupported(operation: string): DOMException {
  return new DOMException(
    `crypto.subtle.${operation} is not supported here`,
    "NotSupportedError",
  );
}
