/** The host's half of `crypto.subtle` in actions. One per realm: its keys die with it. */
import { webcrypto } from "node:crypto";
import { types } from "node:util";
import { bytesOf, copyOf } from "../realm/host-bytes";
import type { KeyDescription, SubtleResult } from "../realm/realm-host";

type Operation = (...args: unknown[]) => Promise<unknown>;
type SubtleOutcome =
  SubtleResult | { kind: "error"; name: string; message: string };

export class HostSubtle {
  readonly #keys: webcrypto.CryptoKey[] = [];

  async perform(operation: string, args: unknown[]): Promise<SubtleOutcome> {
    try {
      const subtle = webcrypto.subtle as unknown as {
        [name: string]: Operation | undefined;
      };
      const given = Array.from(args, (value) => this.#import(value));
      return this.#export(await subtle[operation]?.(...given));
    } catch (error) {
      const { name, message } = error as { name: string; message: string };
      return { kind: "error", name, message };
    }
  }

  /** A value of the realm as one of the host's. Nothing of it is shared. */
  #import(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (types.isAnyArrayBuffer(value)) return copyOf(new Uint8Array(value));
    if (types.isUint8Array(value)) return copyOf(value);
    if (ArrayBuffer.isView(value))
      return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    if (Array.isArray(value))
      return Array.from(value, (item) => this.#import(item));
    const entries = Object.entries(value);
    const [first] = entries;
    if (first?.[0] === "$key") return this.#keys[Number(first[1])];
    return Object.fromEntries(
      entries.map(([name, item]) => [name, this.#import(item)]),
    );
  }

  #export(result: unknown): SubtleResult {
    if (typeof result === "boolean") return { kind: "value", value: result };
    if (types.isAnyArrayBuffer(result))
      return { kind: "bytes", bytes: new Uint8Array(result) };
    if (types.isUint8Array(result))
      return { kind: "bytes", bytes: bytesOf(result) };
    if (types.isCryptoKey(result))
      return { kind: "key", key: this.#describe(result) };
    if (isPair(result))
      return {
        kind: "pair",
        publicKey: this.#describe(result.publicKey),
        privateKey: this.#describe(result.privateKey),
      };
    return { kind: "json", json: JSON.stringify(result) };
  }

  #describe(key: webcrypto.CryptoKey): KeyDescription {
    this.#keys.push(key);
    return {
      handle: this.#keys.length - 1,
      type: key.type,
      extractable: key.extractable,
      usages: key.usages.join(" "),
      algorithm: JSON.stringify(key.algorithm, (_name, value: unknown) =>
        types.isUint8Array(value) ? { $bytes: [...value] } : value,
      ),
    };
  }
}

function isPair(result: unknown): result is webcrypto.CryptoKeyPair {
  return (
    typeof result === "object" && result !== null && "privateKey" in result
  );
}
