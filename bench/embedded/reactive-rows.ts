/** How soon, and with how much work, a commit reaches those who watch. */
import { BenchClient } from "./client";
import type { MeasuredBackend } from "./measured-backend-child";
import { pause, percentile, repeat, type Row } from "./samples";

const LIVE_QUERIES = 100;
const CLIENTS = 1000;
const COMMITS = 200;
const WINDOWS = 5;
const COUNTED_COMMITS = 20;
const QUIET_MS = 500;
const QUERY = "notes:newestInRoom";

/** From the call of a mutation in one client to the new result in another that watches 100 rooms, of which one changes. */
export async function commitToClient(backend: MeasuredBackend): Promise<Row[]> {
  const writer = new BenchClient(backend.url);
  const watcher = new BenchClient(backend.url);
  const seen = new Arrivals();
  await watchRooms(watcher, LIVE_QUERIES, seen);
  const windows = await repeat(WINDOWS, () =>
    repeat(COMMITS, (i) => arrival(writer, i % LIVE_QUERIES, seen)),
  );
  await Promise.all([writer.close(), watcher.close()]);
  const at = (share: number) => windows.map((ms) => percentile(ms, share));
  return [
    { name: "commit_to_client_p50_ms", unit: "ms", samples: at(0.5) },
    { name: "commit_to_client_p95_ms", unit: "ms", samples: at(0.95) },
  ];
}

/** Who waits for which text. */
class Arrivals {
  readonly #waiting = new Map<string, () => void>();

  heard = (body: string | undefined): void => {
    if (body !== undefined) this.#waiting.get(body)?.();
  };

  of(body: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(body, resolve));
  }
}

async function watchRooms(
  client: BenchClient,
  rooms: number,
  seen: Arrivals,
): Promise<void> {
  const all = Array.from({ length: rooms }, (_, room) =>
    client.watchNewest(room, seen.heard),
  );
  await Promise.all(all);
}

async function arrival(
  writer: BenchClient,
  room: number,
  seen: Arrivals,
): Promise<number> {
  const startedAt = performance.now();
  const arrived = seen.of(writer.nextBody).then(() => performance.now());
  await writer.add("notes", room);
  return (await arrived) - startedAt;
}

/** 1,000 clients ask the same: each commit should execute it once. */
export async function fanout(backend: MeasuredBackend): Promise<Row[]> {
  const samples = await executionsPerCommit(backend, () => 0);
  return [
    { name: "fanout_executions_per_commit", unit: "executions", samples },
  ];
}

/** 1,000 clients ask for a room each, and one room is written to. */
export async function disjoint(backend: MeasuredBackend): Promise<Row[]> {
  const samples = await executionsPerCommit(backend, (client) => client);
  return [{ name: "disjoint_reexecutions", unit: "executions", samples }];
}

async function executionsPerCommit(
  backend: MeasuredBackend,
  roomOf: (client: number) => number,
): Promise<number[]> {
  const writer = new BenchClient(backend.url);
  const watchers = Array.from(
    { length: CLIENTS },
    () => new BenchClient(backend.url),
  );
  await Promise.all(
    watchers.map((client, i) => client.watchNewest(roomOf(i), () => undefined)),
  );
  const samples = await repeat(COUNTED_COMMITS, () =>
    executionsOfOne(backend, writer),
  );
  await Promise.all([writer, ...watchers].map((client) => client.close()));
  return samples;
}

async function executionsOfOne(
  backend: MeasuredBackend,
  writer: BenchClient,
): Promise<number> {
  await backend.executions();
  await writer.add("notes", 0);
  await pause(QUIET_MS);
  const runs = await backend.executions();
  return runs.filter(({ name }) => name === QUERY).length;
}
