/** A loopback HTTP server for workflows to call, which counts what it saw. */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface HttpTarget {
  port: number;
  /** Requests by path, in the order they came. */
  requests: string[];
  stop(): Promise<void>;
}

/** Answers every request with `{"ok":true}` after `delayMs`; without a delay at once, as a timer of 0 ms takes 1. */
export async function startHttpTarget({
  delayMs = 0,
} = {}): Promise<HttpTarget> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    request.resume();
    if (delayMs === 0) answer(response);
    else setTimeout(() => answer(response), delayMs);
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve()),
  );
  const { port } = server.address() as AddressInfo;
  return { port, requests, stop: () => close(server) };
}

function answer(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end('{"ok":true}');
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
