import type { IncomingMessage } from "node:http";
import { BackendError } from "../database/backend-error";

const BODYLESS = new Set(["GET", "HEAD"]);

/** Null when the request line or headers cannot be represented. */
export function toRequest(
  incoming: IncomingMessage,
  signal: AbortSignal,
): Request | null {
  const method = incoming.method ?? "GET";
  try {
    return new Request(requestUrl(incoming), {
      method,
      headers: requestHeaders(incoming),
      signal,
      ...(BODYLESS.has(method)
        ? {}
        : { body: bodyStream(incoming), duplex: "half" }),
    });
  } catch {
    return null;
  }
}

/** Unlike `Readable.toWeb`, whoever stops reading early leaves the socket open for the answer. */
function bodyStream(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  const chunks = incoming.iterator({ destroyOnReturn: false });
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const step = await nextChunk(chunks);
        if (step.done === true) controller.close();
        else controller.enqueue(step.value);
      },
      cancel: async () => void (await chunks.return?.()),
    },
    { highWaterMark: 0 },
  );
}

async function nextChunk(
  chunks: AsyncIterator<unknown>,
): Promise<IteratorResult<Buffer>> {
  try {
    return (await chunks.next()) as IteratorResult<Buffer>;
  } catch {
    throw new BackendError(
      "ClientDisconnect",
      "The connection ended before the whole request had arrived",
      { status: 408 },
    );
  }
}

/** Joined as text: as a relative URL, `//x/y` would name another host. Throws for what is no URL. */
function requestUrl(incoming: IncomingMessage): URL {
  const target = incoming.url ?? "/";
  if (!target.startsWith("/")) return new URL(target);
  const { host } = incoming.headers;
  return new URL(`${protocolOf(incoming)}://${host ?? "localhost"}${target}`);
}

function protocolOf(incoming: IncomingMessage): "http" | "https" {
  const given =
    firstOf(incoming.headers["x-forwarded-proto"]) ??
    /proto=(https?)/i.exec(firstOf(incoming.headers.forwarded) ?? "")?.[1];
  return given?.toLowerCase() === "https" ? "https" : "http";
}

function firstOf(header: string | string[] | undefined): string | undefined {
  const value = Array.isArray(header) ? header[0] : header;
  return value?.split(",")[0]?.trim();
}

function requestHeaders(incoming: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return headers;
}
