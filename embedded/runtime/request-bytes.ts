/** Request bodies in memory: each at most so large, and all of them together. */
import { BackendError } from "../database/backend-error";

/** Of the whole process, while bodies are being read. */
const MAX_TOTAL_BYTES = 256 * 1024 * 1024;
let totalBytes = 0;

/** Refuses (413) what is too large, before reading when the request says so, and (503) what memory has no room for. */
export async function readBytes(
  request: Request,
  maxBytes: number,
): Promise<Buffer> {
  if (Number(request.headers.get("content-length")) > maxBytes)
    throw tooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of bodyChunks(request)) {
      size += chunk.length;
      totalBytes += chunk.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      if (totalBytes > MAX_TOTAL_BYTES) throw noRoom();
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    totalBytes -= size;
  }
}

export async function* bodyChunks(
  request: Request,
): AsyncGenerator<Uint8Array> {
  if (request.body === null) return;
  const reader = (request.body as ReadableStream<Uint8Array>).getReader();
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read())
      yield step.value;
  } finally {
    await reader.cancel();
  }
}

export function tooLarge(maxBytes: number): BackendError {
  return new BackendError(
    "BodyTooLarge",
    `The request body is larger than ${maxBytes} bytes`,
    { status: 413 },
  );
}

function noRoom(): BackendError {
  return new BackendError(
    "TooManyConcurrentRequests",
    "Too many large requests at once; try again in a moment",
    { status: 503 },
  );
}
