/** Connects an HTTP action's realm with the messages that carry its request and response. */
import { copyOf } from "../realm/host-bytes";
import type { HttpExchange } from "../realm/realm-host";
import type { IsolateRealm } from "./isolate-realm";
import type { RunningAction } from "./running-action";
import type { ActionTask } from "./worker-messages";

type HttpTask = Extract<ActionTask, { kind: "http" }>;

export function serveHttp(
  action: RunningAction,
  realm: IsolateRealm,
  task: HttpTask,
): void {
  const taken: (() => void)[] = [];
  const exchange = exchangeOf(action, realm, { task, taken });
  const input = realm.serve(action.job.module, exchange, (settled) =>
    settled.ok ? action.succeed("") : action.fail(realm.error(settled.thrown)),
  );
  action.hooks.requestPart = (part) => {
    if (part.kind === "chunk") input.chunk(part.bytes);
    else if (part.kind === "end") input.end();
    else input.fail(part.message);
  };
  action.hooks.responseTaken = () => taken.shift()?.();
  action.hooks.aborted = () => input.abort();
}

function exchangeOf(
  action: RunningAction,
  realm: IsolateRealm,
  { task, taken }: { task: HttpTask; taken: (() => void)[] },
): HttpExchange {
  const { url, method, headers, hasBody } = task.request;
  return {
    path: task.path,
    url,
    method,
    hasBody,
    headers: JSON.stringify(headers),
    maxResponseBytes: task.maxResponseBytes,
    pull: () => action.post({ kind: "requestPull" }),
    head: (status, headersJson) =>
      action.post({
        kind: "responseHead",
        status,
        headers: pairsOf(headersJson),
      }),
    nextTurn: (done) => void setImmediate(() => realm.enter(done)),
    chunk: (bytes, done) => {
      taken.push(() => realm.enter(done));
      action.post({ kind: "responseChunk", chunk: copyOf(bytes) });
    },
  };
}

function pairsOf(json: string): [string, string][] {
  const pairs = JSON.parse(String(json)) as [unknown, unknown][];
  return pairs.map(([name, value]) => [String(name), String(value)]);
}
