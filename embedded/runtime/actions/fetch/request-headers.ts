/** The headers that Node's `fetch` adds to those that are given, in its order. */
import type { OutgoingRequest } from "./outgoing-request";

const CONDITIONS = [
  "if-modified-since",
  "if-none-match",
  "if-unmodified-since",
  "if-match",
  "if-range",
];

/** Names and values in turn. */
export function requestHeaders({ url, headers }: OutgoingRequest): string[] {
  const sent = new Map<string, string>();
  const append = (name: string, value: string) => {
    const known = sent.get(name);
    sent.set(name, known === undefined ? value : `${known}, ${value}`);
  };
  const add = (name: string, value: string) =>
    sent.has(name) || sent.set(name, value);
  for (const [name, value] of headers) append(name.toLowerCase(), value);
  const isConditional = CONDITIONS.some((name) => sent.has(name));
  add("accept", "*/*");
  add("accept-language", "*");
  sent.set("sec-fetch-mode", "cors");
  add("user-agent", "node");
  if (isConditional) add("pragma", "no-cache");
  if (isConditional) add("cache-control", "no-cache");
  if (sent.has("range")) append("accept-encoding", "identity");
  add("accept-encoding", encodingsFor(url));
  sent.delete("host");
  return [...sent].flat();
}

function encodingsFor(url: string): string {
  return url.startsWith("https:") ? "br, gzip, deflate" : "gzip, deflate";
}
