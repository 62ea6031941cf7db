import { promisify } from "node:util";
import { brotliDecompress, type BrotliOptions } from "node:zlib";
import type { JSONValue } from "convex/values";
import { BackendError } from "../database/backend-error";
import { readBytes, tooLarge } from "../runtime/request-bytes";
import { isTooDeep } from "../values/json-depth";

const MIB = 1024 * 1024;
export const MAX_JSON_BYTES = 64 * MIB;
export const MAX_PUSH_BYTES = 200 * MIB;

const decompress = promisify<Buffer, BrotliOptions, Buffer>(brotliDecompress);

/** The JSON body, also when brotli-compressed. Throws 400 for what is not JSON and 413 for what is too large. */
export async function jsonBody(
  request: Request,
  maxBytes = MAX_JSON_BYTES,
): Promise<JSONValue> {
  const bytes = await readBytes(request, maxBytes);
  const plain =
    request.headers.get("content-encoding") === "br"
      ? await inflate(bytes, maxBytes)
      : bytes;
  return parseJson(plain.toString("utf8"), "The request body");
}

/** `what` begins the sentence that refuses it. */
export function parseJson(text: string, what: string): JSONValue {
  if (isTooDeep(text))
    throw new BackendError("BadJsonBody", `${what} is nested too deeply`);
  try {
    return JSON.parse(text) as JSONValue;
  } catch {
    throw new BackendError("BadJsonBody", `${what} is not valid JSON`);
  }
}

async function inflate(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await decompress(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(maxBytes);
    throw new BackendError("BadBody", "The request body is not valid brotli");
  }
}
