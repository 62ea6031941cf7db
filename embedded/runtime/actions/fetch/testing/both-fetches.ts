/** One specification for both transports: what Node's `fetch` does is what ours has to do. */
import { setTimeout as pause } from "node:timers/promises";
import { afterEach } from "vitest";
import { HttpFetch } from "../http-fetch";
import { startNodeFetch } from "../node-fetch";
import type { OutgoingRequest, StartedFetch } from "../outgoing-request";
import { AnsweringServer, requestFor } from "./answering-server";

type Send = (url: string, given?: Partial<OutgoingRequest>) => StartedFetch;

/** For `describe.each`. */
export const bothFetches: [name: string, send: Send][] = [
  ["Node's fetch", (url, given) => startNodeFetch(requestFor(url, given))],
  ["our fetch", (url, given) => new HttpFetch(requestFor(url, given))],
];

const servers: AnsweringServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Closed after the test. */
export async function serve(
  answer: ConstructorParameters<typeof AnsweringServer>[0],
  host = "127.0.0.1",
): Promise<AnsweringServer> {
  const server = new AnsweringServer(answer);
  servers.push(server);
  await server.listen(host);
  return server;
}

export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await pause(1);
}

export const bytes = (text: string) => new TextEncoder().encode(text);
