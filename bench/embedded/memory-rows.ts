/** What is kept for a subscription, and whether anything is kept for good. */
import { BenchClient } from "./client";
import type { MeasuredBackend } from "./measured-backend-child";
import { pause, repeat, type Row } from "./samples";

const CLIENTS = 50;
const ROOMS = 100;
const KIB = 1024;
const SECOND = 1000;
const SOAK_MINUTES = Number(process.env["BENCH_SOAK_MINUTES"] ?? 10);
const EARLY_MINUTES = 1;
const LANES = 8;
const ADDS_PER_SECOND = 200;

/** 5,000 subscriptions to as many different queries, over 50 sockets, with all that the sockets need. */
export async function subscriptions(backend: MeasuredBackend): Promise<Row[]> {
  await warmUp(backend);
  const before = await backend.heapBytes();
  const clients = Array.from(
    { length: CLIENTS },
    () => new BenchClient(backend.url),
  );
  const watching = clients.flatMap((client, i) =>
    Array.from({ length: ROOMS }, (_, room) =>
      client.watchNewest(i * ROOMS + room, () => undefined),
    ),
  );
  await Promise.all(watching);
  await pause(2 * SECOND);
  const grown = (await backend.heapBytes()) - before;
  await Promise.all(clients.map((client) => client.close()));
  const samples = [grown / KIB / (CLIENTS * ROOMS)];
  return [{ name: "subscription_kib", unit: "KiB", samples }];
}

/** Code and caches that the first client of all brings about are not a subscription's. */
async function warmUp(backend: MeasuredBackend): Promise<void> {
  const client = new BenchClient(backend.url);
  await client.add("notes", 0);
  await client.watchNewest(0, () => undefined);
  await client.close();
  await pause(SECOND);
}

/** Mutations and live queries at a steady rate, clients that come and go: the heap after ten minutes over that after one. */
export async function soak(backend: MeasuredBackend): Promise<Row[]> {
  const load = new SteadyLoad(backend.url);
  await pause(EARLY_MINUTES * 60 * SECOND);
  const early = await heapNow(backend);
  await pause((SOAK_MINUTES - EARLY_MINUTES) * 60 * SECOND);
  const late = await heapNow(backend);
  await load.stop();
  return [
    { name: "soak_heap_mib", unit: "MiB", samples: [late / KIB / KIB] },
    { name: "soak_heap_growth", unit: "ratio", samples: [late / early] },
  ];
}

/** The smallest of some: what is in flight comes and goes. */
async function heapNow(backend: MeasuredBackend): Promise<number> {
  const samples = await repeat(5, async () => {
    await pause(2 * SECOND);
    return backend.heapBytes();
  });
  return Math.min(...samples);
}

class SteadyLoad {
  #isOver = false;
  readonly #lanes: Promise<void>[];

  constructor(url: string) {
    this.#lanes = Array.from({ length: LANES }, (_, lane) =>
      this.#lane(url, lane),
    );
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#lanes);
  }

  /** A client for about a second at a time, which watches what it writes. */
  async #lane(url: string, lane: number): Promise<void> {
    const perSecond = ADDS_PER_SECOND / LANES;
    while (!this.#isOver) {
      const client = new BenchClient(url);
      await client.watchNewest(lane, () => undefined);
      for (let i = 0; i < perSecond; i += 1) {
        await client.add("notes", lane);
        await pause(SECOND / perSecond);
      }
      await client.close();
    }
  }
}
