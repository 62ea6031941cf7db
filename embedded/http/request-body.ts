import { promisify } from "node:util";
import { brotliDecompress, type BrotliOptions } from "node:zlib";
import type { JSONValue } from "convex/values";
import { BackendError } from "../database/backend-error";

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
  try {
    return JSON.parse(plain.toString("utf8")) as JSONValue;
  } catch {
    throw new BackendError("BadJsonBody", "The request body is not valid JSON");
  }
}

export async function readBytes(
  request: Request,
  maxBytes: number,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bodyChunks(request)) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export async function* bodyChunks(
  request: Request,
): AsyncGenerator<Uint8Array> {
  if (request.body === null) return;
  const body: ReadableStream<Uint8Array> = request.body;
  for await (const chunk of body) yield chunk;
}

async function inflate(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await decompress(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(maxBytes);
    throw new BackendError("BadBody", "The request body is not valid brotli");
  }
}

function tooLarge(maxBytes: number): BackendError {
  return new BackendError(
    "BodyTooLarge",
    `The request body is larger than ${maxBytes} bytes`,
    { status: 413 },
  );
}
