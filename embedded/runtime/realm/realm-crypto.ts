/** The host's half of `crypto.subtle` in queries and mutations: synchronous, over `node:crypto`. */
import * as crypto from "node:crypto";
import { types } from "node:util";
import { bytesOf } from "./host-bytes";
import type { RealmCrypto } from "./realm-host";

type Algorithm = {
  name: string;
  hash?: string | { name: string };
  namedCurve?: string;
  saltLength?: number;
  salt?: unknown;
  info?: unknown;
  iterations?: number;
};
type StoredKey = { key: crypto.KeyObject; algorithm: Algorithm };

/** Key material stays here; realms hold handles. One per realm, so handles die with it. */
export function createRealmCrypto(): RealmCrypto {
  const keys: StoredKey[] = [];
  const keyOf = (handle: number): StoredKey => {
    const stored = keys[handle];
    if (stored === undefined) throw new Error("Unknown key");
    return stored;
  };
  return {
    digest: (algorithm, data) =>
      crypto.createHash(hashName(algorithm)).update(bytesOf(data)).digest(),
    importKey: (format, data, algorithm) => {
      const normalized = normalize(algorithm);
      const key = parseKey(format, data, normalized);
      keys.push({ key, algorithm: normalized });
      return {
        handle: keys.length - 1,
        type: key.type,
        algorithm: JSON.stringify(publicAlgorithm(normalized, key)),
      };
    },
    exportKey: (format, handle) => exportKey(format, keyOf(handle).key),
    sign: (algorithm, handle, data) =>
      signData(normalize(algorithm), keyOf(handle).key, bytesOf(data)),
    verify: (algorithm, handle, signature, data) => {
      const normalized = normalize(algorithm);
      const { key } = keyOf(handle);
      if (key.type === "secret")
        return timingSafe(
          signData(normalized, key, bytesOf(data)),
          bytesOf(signature),
        );
      return crypto.verify(
        signHash(normalized),
        bytesOf(data),
        signOptions(normalized, key),
        bytesOf(signature),
      );
    },
    deriveBits: (algorithm, handle, bits) =>
      deriveBytes(normalize(algorithm), keyOf(handle).key, bits / 8),
  };
}

function normalize(algorithm: unknown): Algorithm {
  return typeof algorithm === "string"
    ? { name: algorithm }
    : { ...(algorithm as Algorithm) };
}

/** What a `CryptoKey` says of itself; libraries read the hash and the length of RSA keys from it. */
function publicAlgorithm(
  algorithm: Algorithm,
  { asymmetricKeyDetails }: crypto.KeyObject,
): object {
  const { hash } = algorithm;
  const modulusLength = asymmetricKeyDetails?.modulusLength;
  return {
    ...algorithm,
    ...(hash !== undefined && {
      hash: typeof hash === "string" ? { name: hash } : hash,
    }),
    ...(modulusLength !== undefined && { modulusLength }),
  };
}

function hashName(name: string): string {
  return name.toLowerCase().replace("-", "");
}

function hashOf(algorithm: Algorithm): string {
  const { hash } = algorithm;
  if (hash === undefined) throw new Error(`${algorithm.name} needs a hash`);
  return hashName(typeof hash === "string" ? hash : hash.name);
}

function signHash(algorithm: Algorithm): string | null {
  return algorithm.name === "Ed25519" || algorithm.name === "EdDSA"
    ? null
    : hashOf(algorithm);
}

function parseKey(
  format: string,
  data: unknown,
  algorithm: Algorithm,
): crypto.KeyObject {
  if (format === "jwk") return parseJwk(data as crypto.JsonWebKey, algorithm);
  const bytes = Buffer.from(anyBytes(data));
  if (format === "pkcs8")
    return crypto.createPrivateKey({
      key: bytes,
      format: "der",
      type: "pkcs8",
    });
  if (format === "spki")
    return crypto.createPublicKey({ key: bytes, format: "der", type: "spki" });
  if (format === "raw") return crypto.createSecretKey(bytes);
  throw new Error(`Unsupported key format ${format}`);
}

function parseJwk(
  jwk: crypto.JsonWebKey,
  algorithm: Algorithm,
): crypto.KeyObject {
  if (algorithm.name === "HMAC")
    return crypto.createSecretKey(Buffer.from(String(jwk.k), "base64url"));
  const key = { key: { ...jwk }, format: "jwk" } as const;
  return jwk.d === undefined
    ? crypto.createPublicKey(key)
    : crypto.createPrivateKey(key);
}

function exportKey(format: string, key: crypto.KeyObject): string | Uint8Array {
  if (format === "jwk") return JSON.stringify(key.export({ format: "jwk" }));
  if (format === "pkcs8") return key.export({ format: "der", type: "pkcs8" });
  if (format === "spki") return key.export({ format: "der", type: "spki" });
  return key.export();
}

function signData(
  algorithm: Algorithm,
  key: crypto.KeyObject,
  data: Uint8Array,
): Buffer {
  if (algorithm.name === "HMAC")
    return crypto.createHmac(hashOf(algorithm), key).update(data).digest();
  return crypto.sign(signHash(algorithm), data, signOptions(algorithm, key));
}

function signOptions(
  algorithm: Algorithm,
  key: crypto.KeyObject,
): crypto.SignKeyObjectInput {
  if (algorithm.name === "ECDSA") return { key, dsaEncoding: "ieee-p1363" };
  if (algorithm.name !== "RSA-PSS") return { key };
  return {
    key,
    padding: crypto.constants.RSA_PKCS1_PSS_PADDING,
    saltLength: algorithm.saltLength ?? 32,
  };
}

function deriveBytes(
  algorithm: Algorithm,
  key: crypto.KeyObject,
  length: number,
): Uint8Array {
  const salt = optionalBytes(algorithm.salt);
  const info = optionalBytes(algorithm.info);
  const hash = hashOf(algorithm);
  if (algorithm.name === "HKDF") {
    return new Uint8Array(crypto.hkdfSync(hash, key, salt, info, length));
  }
  if (algorithm.name !== "PBKDF2")
    throw new Error(`deriveBits does not support ${algorithm.name}`);
  const secret = key.export();
  const rounds = algorithm.iterations ?? 1;
  return crypto.pbkdf2Sync(secret, salt, rounds, length, hash);
}

function timingSafe(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && crypto.timingSafeEqual(left, right);
}

function optionalBytes(value: unknown): Uint8Array {
  return value === undefined ? new Uint8Array() : anyBytes(value);
}

/** Of an `ArrayBuffer` or any view. */
function anyBytes(value: unknown): Uint8Array {
  return types.isAnyArrayBuffer(value)
    ? new Uint8Array(value)
    : types.isUint8Array(value)
      ? bytesOf(value)
      : Buffer.from(value as Uint8Array);
}
