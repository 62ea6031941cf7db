/**
 * Built-ins that realms share with the host. The binary types must be shared, because the web APIs here produce and
 * recognise the host's: two `Uint8Array`s in one realm would break every `instanceof`.
 */
const NAMES = [
  "ArrayBuffer SharedArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array",
  "Uint32Array Float32Array Float64Array BigInt64Array BigUint64Array WebAssembly URL URLSearchParams TextEncoder",
  "TextDecoder TextEncoderStream TextDecoderStream Headers Request Response FormData File Blob ReadableStream",
  "WritableStream TransformStream ByteLengthQueuingStrategy CountQueuingStrategy CompressionStream",
  "DecompressionStream AbortController AbortSignal Event EventTarget DOMException structuredClone atob btoa",
]
  .join(" ")
  .split(" ");

export function sharedGlobals(): { [name: string]: unknown } {
  const host = globalThis as { [name: string]: unknown };
  return Object.fromEntries(
    NAMES.flatMap((name) => (name in host ? [[name, host[name]]] : [])),
  );
}
