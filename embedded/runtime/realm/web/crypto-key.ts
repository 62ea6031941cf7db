export interface KeyInfo {
  /** The key material stays with the host. */
  handle: number;
  type: string;
  algorithm: object;
  extractable: boolean;
  usages: string[];
}

const CREATE = Symbol("create");
let readHandle: (key: object) => number | null;

export class CryptoKey {
  readonly #handle: number;
  readonly type: string;
  readonly algorithm: object;
  readonly extractable: boolean;
  readonly usages: string[];

  constructor(permission: symbol, info: KeyInfo) {
    if (permission !== CREATE) throw new TypeError("Illegal constructor");
    this.#handle = info.handle;
    this.type = info.type;
    this.algorithm = info.algorithm;
    this.extractable = info.extractable;
    this.usages = info.usages;
  }

  static {
    readHandle = (key) => (#handle in key ? key.#handle : null);
  }

  get [Symbol.toStringTag](): string {
    return "CryptoKey";
  }
}

export function createKey(info: KeyInfo): CryptoKey {
  return new CryptoKey(CREATE, info);
}

export function isKey(value: unknown): value is CryptoKey {
  return (
    typeof value === "object" && value !== null && readHandle(value) !== null
  );
}

export function handleOf(key: unknown): number {
  const handle =
    typeof key === "object" && key !== null ? readHandle(key) : null;
  if (handle === null) throw new TypeError("Expected a CryptoKey");
  return handle;
}
