import type { SubtleCrypto } from "./subtle-crypto";
import { viewOf } from "./text-encoding";

export interface CryptoSource {
  fill(bytes: Uint8Array): void;
  uuid(): string;
  subtle: SubtleCrypto;
}

const CREATE = Symbol("create");
const MAX_BYTES = 65_536;

export class Crypto {
  readonly #source: CryptoSource;

  constructor(permission: symbol, source: CryptoSource) {
    if (permission !== CREATE) throw new TypeError("Illegal constructor");
    this.#source = source;
  }

  get subtle(): SubtleCrypto {
    return this.#source.subtle;
  }

  getRandomValues<View extends ArrayBufferView>(view: View): View {
    if (view.byteLength > MAX_BYTES)
      throw new RangeError(
        `At most ${MAX_BYTES} random bytes can be asked for at once`,
      );
    this.#source.fill(viewOf(view));
    return view;
  }

  randomUUID(): string {
    return this.#source.uuid();
  }

  get [Symbol.toStringTag](): string {
    return "Crypto";
  }
}

export function createCrypto(source: CryptoSource): Crypto {
  return new Crypto(CREATE, source);
}
