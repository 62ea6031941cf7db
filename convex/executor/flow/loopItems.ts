/** Writer of `loopItems`: a long list in chunks, so that one item is read without the others (E7). */
import type { Id } from "../../_generated/dataModel";
import type { Json } from "../../language/evaluation";
import { CHUNK } from "../../model/stepPacks";
import type { PayloadRef } from "../../model/payloads";
import type { TurnState } from "./turnState";

export async function storeItems(
  turn: TurnState,
  loopKey: string,
  items: Json[],
): Promise<void> {
  for (let chunk = 0; chunk * CHUNK < items.length; chunk++) {
    const part = items.slice(chunk * CHUNK, (chunk + 1) * CHUNK);
    await storeChunk(turn, loopKey, chunk, part);
  }
  // The first iterations begin in this turn.
  remember(turn, loopKey, { chunk: 0, items: items.slice(0, CHUNK) });
}

/** A loop over a number counts: its item is the index. */
export async function itemAt(
  turn: TurnState,
  loopKey: string,
  index: number,
): Promise<Json> {
  const items = await chunkOf(turn, loopKey, Math.floor(index / CHUNK));
  return items === null ? index : itemOf(items, index % CHUNK);
}

type Chunk = { loopKey: string; chunk: number; items: Json | null };

/** The chunk that each turn read last: the iterations after the first of a chunk find it there. */
const lastChunks = new WeakMap<TurnState, Chunk>();

async function chunkOf(
  turn: TurnState,
  loopKey: string,
  chunk: number,
): Promise<Json | null> {
  const last = lastChunks.get(turn);
  if (last?.loopKey === loopKey && last.chunk === chunk) return last.items;
  const row = await findChunk(turn, turn.run._id, { loopKey, chunk });
  const items = row === null ? null : await turn.values.read(row.items);
  remember(turn, loopKey, { chunk, items });
  return items;
}

function remember(
  turn: TurnState,
  loopKey: string,
  read: Omit<Chunk, "loopKey">,
): void {
  lastChunks.set(turn, { loopKey, ...read });
}

async function findChunk(
  { ctx }: TurnState,
  runId: Id<"workflowRuns">,
  { loopKey, chunk }: { loopKey: string; chunk: number },
) {
  return await ctx.db
    .query("loopItems")
    .withIndex("by_runId_and_loopKey_and_chunk", (q) =>
      q.eq("runId", runId).eq("loopKey", loopKey).eq("chunk", chunk),
    )
    .unique();
}

/** One chunk of another run's items for this one; false when there is none. */
export async function copyChunk(
  turn: TurnState,
  from: Id<"workflowRuns">,
  wanted: {
    loopKey: string;
    chunk: number;
    copy: (items: PayloadRef) => Promise<PayloadRef>;
  },
): Promise<boolean> {
  const { loopKey, chunk, copy } = wanted;
  const row = await findChunk(turn, from, { loopKey, chunk });
  if (row === null) return false;
  lastChunks.delete(turn);
  const items = await copy(row.items);
  await turn.ctx.db.insert("loopItems", {
    runId: turn.run._id,
    loopKey,
    chunk,
    items,
  });
  return true;
}

function itemOf(items: Json, position: number): Json {
  return Array.isArray(items) ? (items[position] ?? null) : null;
}

async function storeChunk(
  turn: TurnState,
  loopKey: string,
  chunk: number,
  items: Json[],
): Promise<void> {
  lastChunks.delete(turn);
  await turn.ctx.db.insert("loopItems", {
    runId: turn.run._id,
    loopKey,
    chunk,
    items: await turn.values.store(items),
  });
}

/** Results of iterations are kept beside the items, as chunks of `notify[]`. */
export async function storeResults(
  turn: TurnState,
  loopKey: string,
  chunk: number,
  results: Json[],
): Promise<void> {
  await storeChunk(turn, `${loopKey}[]`, chunk, results);
}

export async function countResultChunks(
  turn: TurnState,
  loopKey: string,
): Promise<number> {
  const last = await resultChunks(turn, loopKey).order("desc").first();
  return last === null ? 0 : last.chunk + 1;
}

export async function listResultChunks(
  turn: TurnState,
  loopKey: string,
): Promise<PayloadRef[]> {
  const rows = await resultChunks(turn, loopKey).collect();
  return rows.map(({ items }) => items);
}

function resultChunks(turn: TurnState, loopKey: string) {
  return turn.ctx.db
    .query("loopItems")
    .withIndex("by_runId_and_loopKey_and_chunk", (q) =>
      q.eq("runId", turn.run._id).eq("loopKey", `${loopKey}[]`),
    );
}
