/** `crypto` of queries and mutations: seeded randomness, and the operations of `subtle` that need none. */
import type { RealmHost } from "./realm-host";
import type { SeededRandom } from "./seeded-random";

type BinarySource = ArrayBuffer | ArrayBufferView;
type KeyInfo = { handle: number; type: string; algorithm: object };

const handles = new WeakMap<RealmCryptoKey, number>();

class RealmCryptoKey {
  readonly type: string;
  readonly algorithm: object;
  readonly extractable: boolean;
  readonly usages: string[];

  constructor(info: KeyInfo, extractable: boolean, usages: string[]) {
    this.type = info.type;
    this.algorithm = info.algorithm;
    this.extractable = extractable;
    this.usages = usages;
    handles.set(this, info.handle);
  }

  get [Symbol.toStringTag](): string {
    return "CryptoKey";
  }
}

export function installSeededCrypto(
  host: RealmHost,
  random: SeededRandom,
): void {
  const crypto = {
    getRandomValues: <T extends ArrayBufferView>(view: T): T => {
      random.fill(
        new Uint8Array(view.buffer, view.byteOffset, view.byteLength),
      );
      return view;
    },
    randomUUID: () => randomUuid(random),
    subtle: seededSubtle(host),
  };
  Object.defineProperty(globalThis, "crypto", {
    value: crypto,
    writable: true,
    configurable: true,
  });
  Object.defineProperty(globalThis, "CryptoKey", {
    value: RealmCryptoKey,
    writable: true,
    configurable: true,
  });
}

function randomUuid(random: SeededRandom): string {
  const bytes = new Uint8Array(16);
  random.fill(bytes);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function seededSubtle({ crypto }: RealmHost): object {
  return {
    digest: async (algorithm: string | { name: string }, data: BinarySource) =>
      crypto.digest(
        typeof algorithm === "string" ? algorithm : algorithm.name,
        bytesOf(data),
      ),
    importKey: async (
      format: string,
      data: unknown,
      algorithm: unknown,
      extractable: boolean,
      usages: string[],
    ) =>
      new RealmCryptoKey(
        crypto.importKey(format, data, algorithm),
        extractable,
        usages,
      ),
    exportKey: async (format: string, key: RealmCryptoKey) => {
      if (!key.extractable)
        throw new DOMException("key is not extractable", "InvalidAccessError");
      return crypto.exportKey(format, handleOf(key));
    },
    sign: async (algorithm: unknown, key: RealmCryptoKey, data: BinarySource) =>
      crypto.sign(withHash(algorithm, key), handleOf(key), bytesOf(data)),
    verify: async (
      algorithm: unknown,
      key: RealmCryptoKey,
      signature: BinarySource,
      data: BinarySource,
    ) =>
      crypto.verify(
        withHash(algorithm, key),
        handleOf(key),
        bytesOf(signature),
        bytesOf(data),
      ),
    deriveBits: async (
      algorithm: object,
      key: RealmCryptoKey,
      length: number,
    ) => crypto.deriveBits(algorithm, handleOf(key), length),
    generateKey: refuseRandomness,
    encrypt: refuseRandomness,
    wrapKey: refuseRandomness,
  };
}

/** The hash is part of the key for RSA and HMAC, and of the operation for ECDSA. */
function withHash(algorithm: unknown, key: RealmCryptoKey): object {
  const operation =
    typeof algorithm === "string" ? { name: algorithm } : (algorithm as object);
  return { ...key.algorithm, ...operation };
}

async function refuseRandomness(): Promise<never> {
  const hostText =
    "Can't use cryptographic randomness in queries and mutations. Please consider using an action. " +
    "See https://docs.convex.dev/functions/actions for more details.";
  throw Object.assign(new Error(hostText), { hostText });
}

function handleOf(key: RealmCryptoKey): number {
  const handle = handles.get(key);
  if (handle === undefined) throw new TypeError("Expected a CryptoKey");
  return handle;
}

function bytesOf(data: BinarySource): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
