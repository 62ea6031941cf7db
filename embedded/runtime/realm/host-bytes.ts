/** Bytes of a realm as the host's, without running a getter or constructor that the realm may have replaced. */
import { types } from "node:util";

type Getter<T> = (this: unknown) => T;

function getter<T>(name: "buffer" | "byteOffset" | "byteLength"): Getter<T> {
  const prototype = Object.getPrototypeOf(Uint8Array.prototype) as object;
  const found = Object.getOwnPropertyDescriptor(prototype, name);
  return (found as { get: Getter<T> }).get;
}

const bufferOf = getter<ArrayBuffer>("buffer");
const offsetOf = getter<number>("byteOffset");
const lengthOf = getter<number>("byteLength");

/** The same memory. Throws for anything else than a `Uint8Array`, of whichever realm. */
export function bytesOf(value: unknown): Uint8Array {
  if (!types.isUint8Array(value)) throw new TypeError("Expected bytes");
  return new Uint8Array(
    bufferOf.call(value),
    offsetOf.call(value),
    lengthOf.call(value),
  );
}

/** A copy that the realm cannot change any more. */
export function copyOf(value: unknown): Uint8Array {
  return new Uint8Array(bytesOf(value));
}
