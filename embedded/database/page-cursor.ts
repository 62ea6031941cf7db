/**
 * Cursors of paginated queries: a position and the query it belongs to, encrypted, because index keys may hold fields
 * that a function does not return. The same position always gives the same text, so that equal pages stay equal.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
} from "node:crypto";
import { BackendError } from "./backend-error";
import type { QueryJson } from "./types";

/** `key` null is the end of the query's range. */
export type CursorPosition = { key: Uint8Array | null };

const IV_BYTES = 12;
const TAG_BYTES = 16;
const FINGERPRINT_BYTES = 16;
const AFTER_KEY = 1;
const AT_END = 2;

export class CursorCodec {
  readonly #secret: Uint8Array;

  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  encode(position: CursorPosition, fingerprint: Buffer): string {
    const kind = Buffer.of(position.key === null ? AT_END : AFTER_KEY);
    const plain = Buffer.concat([
      fingerprint,
      kind,
      position.key ?? Buffer.alloc(0),
    ]);
    const iv = createHmac("sha256", this.#secret)
      .update(plain)
      .digest()
      .subarray(0, IV_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#secret, iv);
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString(
      "base64url",
    );
  }

  /** Throws `InvalidCursor` when it belongs to another query. */
  decode(cursor: string, fingerprint: Buffer): CursorPosition {
    const plain = this.#open(cursor);
    if (!plain.subarray(0, FINGERPRINT_BYTES).equals(fingerprint))
      throw wrongQuery();
    const key = plain.subarray(FINGERPRINT_BYTES + 1);
    return { key: plain[FINGERPRINT_BYTES] === AT_END ? null : key };
  }

  #open(cursor: string): Buffer {
    try {
      const bytes = Buffer.from(cursor, "base64url");
      const decipher = createDecipheriv(
        "aes-256-gcm",
        this.#secret,
        bytes.subarray(0, IV_BYTES),
      );
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      return Buffer.concat([
        decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)),
        decipher.final(),
      ]);
    } catch {
      throw invalidCursor("InvalidCursor: Failed to parse cursor");
    }
  }
}

export function fingerprintOf(indexKey: string, query: QueryJson): Buffer {
  const text = JSON.stringify([indexKey, query.source, query.operators]);
  return createHash("sha256")
    .update(text)
    .digest()
    .subarray(0, FINGERPRINT_BYTES);
}

function wrongQuery(): BackendError {
  const text =
    "InvalidCursor: Tried to run a query starting from a cursor, but it looks like this cursor is from a different query.";
  return invalidCursor(text);
}

/** `usePaginatedQuery` starts again from the top when it sees this data. */
function invalidCursor(message: string): BackendError {
  const data = { isConvexSystemError: true, paginationError: "InvalidCursor" };
  return new BackendError("InvalidCursor", message, { data });
}
