/** `crypto` of actions: the host's, with keys as handles. */
import type { HostNetwork, KeyDescription, SubtleResult } from "./realm-host";
import { createCrypto, type Crypto } from "./web/crypto";
import { createKey, type CryptoKey, handleOf, isKey } from "./web/crypto-key";
import { DOMException } from "./web/dom-exception";
import { createSubtle } from "./web/subtle-crypto";
import { ownBytes } from "./web/text-encoding";

const { parse } = JSON;

export function actionCrypto(network: HostNetwork): Crypto {
  return createCrypto({
    fill: (bytes) => network.fillRandom(bytes),
    uuid: () => network.randomUuid(),
    subtle: createSubtle(
      (operation, args) =>
        new Promise((resolve, reject) => {
          const given = args.map((value) =>
            isKey(value) ? { $key: handleOf(value) } : withKeys(value),
          );
          network.startSubtle(operation, given, (outcome) =>
            outcome.kind === "error"
              ? reject(new DOMException(outcome.message, outcome.name))
              : resolve(resultOf(outcome)),
          );
        }),
    ),
  });
}

/** ECDH names the other's public key inside its algorithm. */
function withKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("public" in value))
    return value;
  return { ...value, public: { $key: handleOf(value.public) } };
}

function resultOf(result: SubtleResult): unknown {
  switch (result.kind) {
    case "value":
      return result.value;
    case "bytes":
      return ownBytes(result.bytes).buffer;
    case "json":
      return parse(result.json);
    case "key":
      return keyOf(result.key);
    case "pair":
      return {
        publicKey: keyOf(result.publicKey),
        privateKey: keyOf(result.privateKey),
      };
    default:
      return result satisfies never;
  }
}

function keyOf(key: KeyDescription): CryptoKey {
  const algorithm = parse(key.algorithm, revive) as object;
  return createKey({ ...key, algorithm, usages: key.usages.split(" ") });
}

function revive(_name: string, value: unknown): unknown {
  const bytes = (value as { $bytes?: number[] } | null)?.$bytes;
  return Array.isArray(bytes) ? new Uint8Array(bytes) : value;
}
