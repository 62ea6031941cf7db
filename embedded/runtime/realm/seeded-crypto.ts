/** `crypto` of queries and mutations: seeded randomness, and the operations of `subtle` that need none. */
import { guardedMethods, realmHost } from "./host-connection";
import type { RealmCrypto } from "./realm-host";
import type { SeededRandom } from "./seeded-random";
import { createCrypto, type Crypto } from "./web/crypto";
import { createKey, type CryptoKey, handleOf } from "./web/crypto-key";
import { DOMException } from "./web/dom-exception";
import { createSubtle, type Operation, unsupported } from "./web/subtle-crypto";
import { type BinaryData, ownBytes, viewOf } from "./web/text-encoding";

const { parse } = JSON;

export function seededCrypto(given: RealmCrypto, random: SeededRandom): Crypto {
  const operations = seededOperations(guardedMethods(given));
  return createCrypto({
    fill: (bytes) => random.fill(bytes),
    uuid: () => randomUuid(random),
    subtle: createSubtle(async (name, args) => {
      const operation = operations[name];
      if (operation === undefined) throw unsupported(name);
      return (operation as (...args: unknown[]) => unknown)(...args);
    }),
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

type Operations = { [Name in Operation]?: (...args: never[]) => unknown };

function seededOperations(host: RealmCrypto): Operations {
  return {
    digest: (algorithm: string | { name: string }, data: BinaryData) => {
      const name = typeof algorithm === "string" ? algorithm : algorithm.name;
      return ownBytes(host.digest(name, viewOf(data))).buffer;
    },
    importKey: (
      format: string,
      data: unknown,
      algorithm: unknown,
      extractable: boolean,
      usages: string[],
    ) => {
      const imported = host.importKey(format, data, algorithm);
      return createKey({
        handle: imported.handle,
        type: imported.type,
        algorithm: parse(imported.algorithm) as object,
        extractable,
        usages: [...usages],
      });
    },
    exportKey: (format: string, key: CryptoKey) => exportKey(host, format, key),
    sign: (algorithm: unknown, key: CryptoKey, data: BinaryData) =>
      ownBytes(host.sign(withHash(algorithm, key), handleOf(key), viewOf(data)))
        .buffer,
    verify: (
      algorithm: unknown,
      key: CryptoKey,
      signature: BinaryData,
      data: BinaryData,
    ) =>
      host.verify(
        withHash(algorithm, key),
        handleOf(key),
        viewOf(signature),
        viewOf(data),
      ),
    deriveBits: (algorithm: object, key: CryptoKey, length: number) =>
      ownBytes(host.deriveBits(algorithm, handleOf(key), length)).buffer,
    generateKey: refuseRandomness,
    encrypt: refuseRandomness,
    wrapKey: refuseRandomness,
  };
}

function exportKey(host: RealmCrypto, format: string, key: CryptoKey): unknown {
  if (!key.extractable)
    throw new DOMException("key is not extractable", "InvalidAccessError");
  const exported = host.exportKey(format, handleOf(key));
  return typeof exported === "string"
    ? parse(exported)
    : ownBytes(exported).buffer;
}

/** The hash is part of the key for RSA and HMAC, and of the operation for ECDSA. */
function withHash(algorithm: unknown, key: CryptoKey): object {
  const operation =
    typeof algorithm === "string" ? { name: algorithm } : (algorithm as object);
  return { ...key.algorithm, ...operation };
}

function refuseRandomness(): never {
  return refuse(
    "Can't use cryptographic randomness in queries and mutations. Please consider using an action. " +
      "See https://docs.convex.dev/functions/actions for more details.",
  );
}

/** The function fails with this text even when it catches the error. */
export function refuse(text: string): never {
  realmHost().refuse(text);
  throw new Error(text);
}
