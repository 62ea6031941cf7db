/** One specification for both transports: what Node's `fetch` does is what ours has to do. */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach } from "vitest";
import { HttpFetch } from "../http-fetch";
import { startNodeFetch } from "../node-fetch";
import type { OutgoingRequest, StartedFetch } from "../outgoing-request";
import {
  type Answering,
  AnsweringServer,
  type Certificate,
  requestFor,
} from "./answering-server";

type Send = (url: string, given?: Partial<OutgoingRequest>) => StartedFetch;

/** For `describe.each`. */
export const bothFetches: [name: string, send: Send][] = [
  ["Node's fetch", (url, given) => startNodeFetch(requestFor(url, given))],
  ["our fetch", (url, given) => new HttpFetch(requestFor(url, given))],
];

const servers: { close(): void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Closed after the test. */
export function serve(
  answer: Answering,
  host = "127.0.0.1",
): Promise<AnsweringServer> {
  return started(new AnsweringServer(answer), host);
}

/** The same over TLS. */
export function serveTls(
  answer: Answering,
  certificate: Certificate = "trusted",
): Promise<AnsweringServer> {
  return started(new AnsweringServer(answer, certificate), "127.0.0.1");
}

/** The port of a server that need not speak HTTP. */
export async function serveBytes(
  talk: (socket: Socket) => void,
): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    talk(socket.on("error", () => {}));
  });
  servers.push({
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  });
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve()),
  );
  return (server.address() as AddressInfo).port;
}

async function started(
  server: AnsweringServer,
  host: string,
): Promise<AnsweringServer> {
  servers.push(server);
  await server.listen(host);
  return server;
}

export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await pause(1);
}

export const bytes = (text: string) => new TextEncoder().encode(text);
