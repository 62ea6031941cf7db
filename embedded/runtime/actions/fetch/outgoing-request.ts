/** What an action asks for, and what it is told. */
import { copyOf } from "../../realm/host-bytes";
import type { HostRequest } from "../../realm/realm-host";

/** The same request in values of the host: whatever the realm gave is read once. */
export interface OutgoingRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly [string, string][];
  readonly redirect: "follow" | "error" | "manual";
  readonly body: Uint8Array | null;
}

export interface Answer {
  status: number;
  statusText: string;
  /** Where the answer is from, after redirects. */
  url: string;
  redirected: boolean;
  headers: [string, string][];
  /** Null where there cannot be any. */
  body: AsyncIterator<Uint8Array> | null;
}

export interface StartedFetch {
  /** Fails as Node's `fetch` does: what happened is the error's cause. */
  readonly answer: Promise<Answer>;
  /** Closes the connection, unless all has arrived. */
  abort(): void;
}

export function outgoingRequest(request: HostRequest): OutgoingRequest {
  return {
    url: String(request.url),
    method: String(request.method),
    headers: Array.from(request.headers, ([name, value]) => [
      String(name),
      String(value),
    ]),
    redirect: request.redirect,
    body: request.body === null ? null : copyOf(request.body),
  };
}
