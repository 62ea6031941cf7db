/** Transitions in pieces, so that a slow line carries a message often enough to be known as alive. */
import { randomUUID } from "node:crypto";

const MAX_CHUNK_BYTES = 5_000_000;
/** The first version of the client that puts chunks together. */
const FIRST_VERSION = [1, 28];

/** `text` itself while it is small, else `TransitionChunk` messages that must be sent without others between them. */
export function chunkMessages(
  text: string,
  maxBytes = MAX_CHUNK_BYTES,
): string[] {
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes)
    return [text];
  const chunks = splitText(text, maxBytes);
  const transitionId = randomUUID();
  return chunks.map((chunk, partNumber) =>
    JSON.stringify({
      type: "TransitionChunk",
      chunk,
      partNumber,
      totalParts: chunks.length,
      transitionId,
    }),
  );
}

export function takesChunks(clientVersion: string | null): boolean {
  if (clientVersion === null) return false;
  const [major = 0, minor = 0] = clientVersion.split(".").map(Number);
  const [firstMajor = 0, firstMinor = 0] = FIRST_VERSION;
  return major > firstMajor || (major === firstMajor && minor >= firstMinor);
}

/** At most `maxBytes` of UTF-8 each, never between the halves of a character. */
function splitText(text: string, maxBytes: number): string[] {
  const bytes = Buffer.from(text, "utf8");
  const chunks: string[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = characterBoundary(bytes, start + maxBytes);
    chunks.push(bytes.toString("utf8", start, end));
    start = end;
  }
  return chunks;
}

/** The last position up to `end` where a character begins; bytes 10xxxxxx continue one. */
function characterBoundary(bytes: Buffer, end: number): number {
  if (end >= bytes.length) return bytes.length;
  let boundary = end;
  while (((bytes[boundary] ?? 0) & 0xc0) === 0x80) boundary -= 1;
  return boundary;
}
