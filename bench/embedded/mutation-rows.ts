/** How fast durable mutations are, against what the disk and the socket cost at least. */
import { once } from "node:events";
import { WebSocket } from "ws";
import { rawCommitsPerSecond, rawCommitP50 } from "../raw-commits";
import { BenchClient } from "./client";
import type { MeasuredBackend } from "./measured-backend-child";
import { pause, percentile, repeat, timed, type Row } from "./samples";

const IN_FLIGHT = 64;
const WINDOW_MS = 3000;
const WINDOWS = 5;
const ROUND_TRIPS = 300;

/** Acknowledged mutations a second of one client, and that over the raw rate of durable commits. */
export async function mutationRate(backend: MeasuredBackend): Promise<Row[]> {
  const client = new BenchClient(backend.url);
  await addFor(client, WINDOW_MS);
  const rates: number[] = [];
  const raws: number[] = [];
  for (let window = 0; window < WINDOWS; window += 1) {
    raws.push(rawCommitsPerSecond(1000));
    rates.push(await addFor(client, WINDOW_MS));
  }
  await client.close();
  const ratios = rates.map((rate, i) => rate / (raws[i] ?? NaN));
  return [
    { name: "mutations_per_s", unit: "mutations/s", samples: rates },
    { name: "raw_commits_per_s", unit: "commits/s", samples: raws },
    { name: "mutations_vs_raw_commits", unit: "ratio", samples: ratios },
  ];
}

/** Keeps 64 mutations in flight; returns how many a second were acknowledged. */
async function addFor(client: BenchClient, windowMs: number): Promise<number> {
  const startedAt = performance.now();
  let acknowledged = 0;
  const lane = async (room: number): Promise<void> => {
    while (performance.now() - startedAt < windowMs) {
      await client.add("notes", room);
      acknowledged += 1;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, (_, room) => lane(room)));
  return acknowledged / ((performance.now() - startedAt) / 1000);
}

/** One mutation at a time: its median, and that over a raw commit and an echo. */
export async function mutationLatency(
  backend: MeasuredBackend,
): Promise<Row[]> {
  const client = new BenchClient(backend.url);
  const one = () => timed(() => client.add("notes", 1));
  await repeat(ROUND_TRIPS, one);
  const p50s: number[] = [];
  const ratios: number[] = [];
  for (let window = 0; window < WINDOWS; window += 1) {
    const floor = rawCommitP50(ROUND_TRIPS) + (await echoP50(backend.echoUrl));
    const p50 = percentile(await repeat(ROUND_TRIPS, one), 0.5);
    p50s.push(p50);
    ratios.push(p50 / floor);
  }
  await client.close();
  return [
    { name: "mutation_p50_ms", unit: "ms", samples: p50s },
    { name: "mutation_p50_vs_floor", unit: "ratio", samples: ratios },
  ];
}

async function echoP50(url: string): Promise<number> {
  const socket = new WebSocket(url);
  await once(socket, "open");
  const message = JSON.stringify({ type: "echo", text: "x".repeat(200) });
  const echo = () =>
    timed(async () => {
      const answered = once(socket, "message");
      socket.send(message);
      await answered;
    });
  await repeat(ROUND_TRIPS, echo);
  const times = await repeat(ROUND_TRIPS, echo);
  socket.close();
  await pause(0);
  return percentile(times, 0.5);
}
