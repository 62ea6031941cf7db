/** What a large database costs more than a small one. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { ConvexHttpClient } from "convex/browser";
import { residentKib } from "../../tests/support/deployment";
import { freePort, spawnMain } from "../../tests/support/start-backend";
import { BenchClient, inRoom } from "./client";
import type { MeasuredBackend } from "./measured-backend-child";
import { percentile, repeat, type Row } from "./samples";

const SMALL = 1_000;
const LARGE = 1_000_000;
const ROOM_SIZE = 100;
const CALLS = 300;
const WINDOWS = 5;
const STARTS = 3;
type Size = "small" | "large";

/** Reads, inserts, and a start on a million documents. */
export async function sizes(backend: MeasuredBackend): Promise<Row[]> {
  await backend.fill("small", SMALL);
  await backend.fill("large", LARGE);
  const reads = await compared(() => readRooms(backend));
  const inserts = await compared(() => insertNotes(backend));
  await backend.stop();
  return [
    { name: "read100_1m_vs_1k", unit: "ratio", samples: reads },
    { name: "insert_1m_vs_1k", unit: "ratio", samples: inserts },
    ...(await starts(backend.dataFolder)),
  ];
}

/** The median of the large table over that of the small one. */
async function compared(
  measure: () => Promise<Record<Size, number[]>>,
): Promise<number[]> {
  await measure();
  return repeat(WINDOWS, async () => {
    const { small, large } = await measure();
    return percentile(large, 0.5) / percentile(small, 0.5);
  });
}

/** 100 documents by index, from a room at random; the milliseconds of the function as the backend logs them. */
async function readRooms(
  backend: MeasuredBackend,
): Promise<Record<Size, number[]>> {
  const client = new ConvexHttpClient(backend.url);
  const read = async (table: Size, documents: number): Promise<number[]> => {
    await backend.executions();
    await repeat(CALLS, () =>
      client.query(inRoom, { table, room: anyRoom(documents) }),
    );
    return (await backend.executions()).map(({ ms }) => ms);
  };
  return {
    small: await read("small", SMALL),
    large: await read("large", LARGE),
  };
}

async function insertNotes(
  backend: MeasuredBackend,
): Promise<Record<Size, number[]>> {
  const client = new BenchClient(backend.url);
  const insert = async (table: Size, documents: number): Promise<number[]> => {
    await backend.executions();
    await repeat(CALLS, () => client.add(table, anyRoom(documents)));
    return (await backend.executions()).map(({ ms }) => ms);
  };
  const small = await insert("small", SMALL);
  const large = await insert("large", LARGE);
  await client.close();
  return { small, large };
}

function anyRoom(documents: number): number {
  return Math.floor((Math.random() * documents) / ROOM_SIZE);
}

/** The real process, from its start to its word that it is ready. */
async function starts(dataFolder: string): Promise<Row[]> {
  const measured = await repeat(STARTS, () => oneStart(dataFolder));
  return [
    {
      name: "start_1m_s",
      unit: "s",
      samples: measured.map(({ seconds }) => seconds),
    },
    {
      name: "resident_1m_mib",
      unit: "MiB",
      samples: measured.map(({ residentMib }) => residentMib),
    },
  ];
}

async function oneStart(
  dataFolder: string,
): Promise<{ seconds: number; residentMib: number }> {
  const ports = [await freePort(), await freePort()].map(String);
  const [port = "", sitePort = ""] = ports;
  const startedAt = performance.now();
  const child = spawnMain([
    ...["--port", port, "--site-port", sitePort, "--data", dataFolder],
  ]);
  await saysReady(child);
  const seconds = (performance.now() - startedAt) / 1000;
  const residentMib = residentKib(child.pid) / 1024;
  child.kill("SIGKILL");
  await once(child, "exit");
  return { seconds, residentMib };
}

async function saysReady(child: ChildProcess): Promise<void> {
  let output = "";
  for await (const chunk of child.stderr ?? []) {
    output += String(chunk);
    if (output.includes("Backend ready")) return;
  }
  throw new Error(`The backend did not start:\n${output}`);
}
