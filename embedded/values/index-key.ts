/**
 * Order-preserving bytes: comparing two keys byte by byte equals comparing the values in Convex's total order. Works on
 * encoded JSON directly, because every write encodes one key per index.
 */
import type { JSONValue } from "convex/values";
import { hasLoneSurrogate } from "./lone-surrogates";
import {
  asObject,
  fieldAt,
  isUndefined,
  type JsonObject,
  payloadOf,
  typeOf,
} from "./encoded-value";

const TAG = {
  undefined: 0x01,
  null: 0x03,
  int64: 0x08,
  float64: 0x0d,
  false: 0x0e,
  true: 0x0f,
  string: 0x10,
  bytes: 0x11,
  array: 0x12,
  object: 0x15,
} as const;
const END = 0x00;
const ESCAPE = 0xff;
/** Keys are cut from pieces of this size, so that a key that is kept keeps no more alive. */
const CHUNK_BYTES = 8192;
/** Up to here a loop is quicker than calls into the engine. */
const SHORT_TEXT = 64;
const MAX_INT64_BYTES = Uint8Array.of(
  0x7f,
  0xff,
  0xff,
  0xff,
  0xff,
  0xff,
  0xff,
  0xff,
);

export function encodeKey(values: readonly (JSONValue | undefined)[]): Buffer {
  writer.start();
  for (const value of values) writer.value(value);
  return writer.finish();
}

/** The key of the values at `paths`. */
export function encodeFieldsKey(
  document: JsonObject,
  paths: readonly (readonly string[])[],
): Buffer {
  writer.start();
  for (const path of paths) writer.value(fieldAt(document, path));
  return writer.finish();
}

export function compareKeys(left: Uint8Array, right: Uint8Array): number {
  return Buffer.compare(left, right);
}

/** The smallest key greater than `key`: makes a point out of a half-open range. */
export function keyAfter(key: Uint8Array): Buffer {
  const next = Buffer.alloc(key.length + 1);
  next.set(key);
  return next;
}

/** The smallest key greater than every key that starts with `prefix`; null when there is none. */
export function prefixEnd(prefix: Uint8Array): Buffer | null {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length -= 1;
  if (length === 0) return null;
  const end = Buffer.from(prefix.subarray(0, length));
  end[length - 1] = (end[length - 1] ?? 0) + 1;
  return end;
}

/** Convex's total order on encoded JSON. */
export function compareEncoded(
  left: JSONValue | undefined,
  right: JSONValue | undefined,
): number {
  if (typeof left === "number" && typeof right === "number")
    return left < right ? -1 : left > right ? 1 : 0;
  if (typeof left === "string" && left === right) return 0;
  return compareKeys(encodeKey([left]), encodeKey([right]));
}

/** UTF-8; half surrogate pairs, which UTF-8 cannot write, as three bytes like any other code point of their size. */
function textBytes(value: string): Buffer {
  if (!hasLoneSurrogate(value)) return Buffer.from(value, "utf8");
  return Buffer.concat([...value].map(codePointBytes));
}

function codePointBytes(character: string): Buffer {
  const code = character.codePointAt(0) ?? 0;
  if (!hasLoneSurrogate(character)) return Buffer.from(character, "utf8");
  return Buffer.of(
    0xe0 | (code >> 12),
    0x80 | ((code >> 6) & 0x3f),
    0x80 | (code & 0x3f),
  );
}

class KeyWriter {
  #buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  /** Where the key begins; what lies before it has been handed out. */
  #start = 0;
  /** Where it ends. */
  #length = 0;

  /** Also after a key that was given up halfway, and after a huge one, whose piece small keys must not keep alive. */
  start(): void {
    if (this.#buffer.length > CHUNK_BYTES) {
      this.#buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      this.#start = 0;
    }
    this.#length = this.#start;
  }

  finish(): Buffer {
    const key = this.#buffer.subarray(this.#start, this.#length);
    this.#start = this.#length;
    return key;
  }

  value(value: JSONValue | undefined): void {
    if (typeof value === "string") this.#string(value);
    else if (typeof value === "number") this.#float(value);
    else if (value === undefined || isUndefined(value))
      this.#byte(TAG.undefined);
    else if (value === null) this.#byte(TAG.null);
    else if (typeof value === "boolean")
      this.#byte(value ? TAG.true : TAG.false);
    else if (Array.isArray(value)) this.#array(value);
    else this.#wrapped(value);
  }

  #wrapped(value: { [field: string]: JSONValue }): void {
    const type = typeOf(value);
    if (type === "int64")
      this.#integer(
        Buffer.from(payloadOf(value, "$integer"), "base64").reverse(),
      );
    else if (type === "commitTs") this.#integer(MAX_INT64_BYTES);
    else if (type === "float64")
      this.#float(
        Buffer.from(payloadOf(value, "$float"), "base64").readDoubleLE(),
      );
    else if (type === "bytes")
      this.#escaped(
        TAG.bytes,
        Buffer.from(payloadOf(value, "$bytes"), "base64"),
      );
    else this.#object(value);
  }

  #object(value: { [field: string]: JSONValue }): void {
    this.#byte(TAG.object);
    const object = asObject(value) ?? {};
    for (const field of Object.keys(object).sort()) {
      this.#string(field);
      this.value(object[field]);
    }
    this.#byte(END);
  }

  #array(values: readonly JSONValue[]): void {
    this.#byte(TAG.array);
    for (const value of values) this.value(value);
    this.#byte(END);
  }

  #string(value: string): void {
    if (value.length <= SHORT_TEXT && this.#shortAscii(value)) return;
    if (value.includes("\0") || hasLoneSurrogate(value))
      return this.#escaped(TAG.string, textBytes(value));
    this.#reserve(value.length * 3 + 2);
    this.#byte(TAG.string);
    this.#length += this.#buffer.write(value, this.#length, "utf8");
    this.#byte(END);
  }

  /** Leaves no trace when it is no such text. */
  #shortAscii(value: string): boolean {
    this.#reserve(value.length + 2);
    const buffer = this.#buffer;
    let at = this.#length;
    buffer[at++] = TAG.string;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code === END || code >= 0x80) return false;
      buffer[at++] = code;
    }
    buffer[at++] = END;
    this.#length = at;
    return true;
  }

  /** Zero bytes become 00 FF, so that the terminating 00 sorts before every continuation. */
  #escaped(tag: number, bytes: Uint8Array): void {
    this.#reserve(bytes.length * 2 + 2);
    this.#byte(tag);
    for (const byte of bytes) {
      this.#byte(byte);
      if (byte === END) this.#byte(ESCAPE);
    }
    this.#byte(END);
  }

  #integer(bigEndian: Uint8Array): void {
    this.#byte(TAG.int64);
    this.#reserve(8);
    this.#buffer.set(bigEndian, this.#length);
    this.#flipSign(false);
  }

  #float(value: number): void {
    this.#byte(TAG.float64);
    this.#reserve(8);
    this.#buffer.writeDoubleBE(value, this.#length);
    this.#flipSign((this.#buffer[this.#length] ?? 0) >= 0x80);
  }

  /** Two's complement and IEEE both sort as unsigned bytes with the sign flipped; negative floats with all bits. */
  #flipSign(allBits: boolean): void {
    const count = allBits ? 8 : 1;
    const mask = allBits ? 0xff : 0x80;
    for (let i = 0; i < count; i++) {
      this.#buffer[this.#length + i] =
        (this.#buffer[this.#length + i] ?? 0) ^ mask;
    }
    this.#length += 8;
  }

  #byte(byte: number): void {
    if (this.#length === this.#buffer.length) this.#reserve(1);
    this.#buffer[this.#length] = byte;
    this.#length += 1;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const written = this.#buffer.subarray(this.#start, this.#length);
    const needed = 2 * (written.length + bytes);
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, needed));
    this.#buffer.set(written);
    this.#start = 0;
    this.#length = written.length;
  }
}

/** One key at a time: nothing that it calls encodes another. */
const writer = new KeyWriter();
