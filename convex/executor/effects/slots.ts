/** Writer of `workerSlots`: lanes of the worker pool, each with at most one worker at a time. */
import { internal } from "../../_generated/api";
import type { Doc } from "../../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../../functions";
import { environment } from "../../environment";
import { FoundRows } from "../../model/foundRows";

const DEFAULT_SLOTS = 2;
const DEFAULT_CONCURRENCY = 128;
export const LEASE_MS = 15_000;

export function slotCount(): number {
  return positive(environment("EXECUTOR_SLOTS")) ?? DEFAULT_SLOTS;
}

export function slotConcurrency(): number {
  return (
    positive(environment("EXECUTOR_SLOT_CONCURRENCY")) ?? DEFAULT_CONCURRENCY
  );
}

function positive(text: string | undefined): number | null {
  const value = Number(text);
  return Number.isInteger(value) && value > 0 ? value : null;
}

/** Runs spread over slots evenly; reports of one run never conflict with another worker's. */
export function slotFor(seed: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < seed.length; i++)
    hash = Math.imul(hash ^ seed.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % slotCount();
}

const slots = new FoundRows<Doc<"workerSlots">>();

export async function findSlot(
  { db }: QueryCtx,
  slot: number,
): Promise<Doc<"workerSlots"> | null> {
  return await slots.find(String(slot), {
    get: (id) => db.get("workerSlots", id),
    isIt: (row) => row.slot === slot,
    look: () =>
      db
        .query("workerSlots")
        .withIndex("by_slot", (q) => q.eq("slot", slot))
        .unique(),
  });
}

/**
 * Starts a worker if none runs, and returns its generation. Part of the transaction that makes the work, so neither
 * exists without the other.
 */
export async function wakeSlot(
  ctx: MutationCtx,
  slot: number,
  now: number,
): Promise<number | null> {
  const row = await findSlot(ctx, slot);
  if (row?.state.kind === "running") return null;
  return await startWorker(ctx, slot, { row, now });
}

/** A new generation: whatever the last worker still reports is ignored (E2). */
export async function startWorker(
  ctx: MutationCtx,
  slot: number,
  { row, now }: { row: Doc<"workerSlots"> | null; now: number },
): Promise<number> {
  const generation = (row?.generation ?? 0) + 1;
  const state = { kind: "running", leaseExpiresAt: now + LEASE_MS } as const;
  const known = row?.watchedUntil ?? 0;
  const isWatched = known > now;
  const watchedUntil = isWatched ? known : state.leaseExpiresAt;
  const fields = { slot, generation, state, watchedUntil };
  if (row === null) await ctx.db.insert("workerSlots", fields);
  else await ctx.db.patch("workerSlots", row._id, fields);
  await ctx.scheduler.runAfter(0, internal.executor.worker.run, {
    slot,
    generation,
  });
  if (!isWatched) await scheduleWatch(ctx, slot, state.leaseExpiresAt);
  return generation;
}

/** Looks at `at` whether the slot's worker lives, whichever it is by then. */
export async function watchLease(
  ctx: MutationCtx,
  { _id, slot }: Doc<"workerSlots">,
  at: number,
): Promise<void> {
  await ctx.db.patch("workerSlots", _id, { watchedUntil: at });
  await scheduleWatch(ctx, slot, at);
}

async function scheduleWatch(
  ctx: MutationCtx,
  slot: number,
  at: number,
): Promise<void> {
  await ctx.scheduler.runAt(at, internal.executor.recovery.checkLease, {
    slot,
  });
}

/** The slot's row if `generation` is still its worker's; null means: superseded, stop. */
export async function heldSlot(
  ctx: QueryCtx,
  slot: number,
  generation: number,
): Promise<Doc<"workerSlots"> | null> {
  const row = await findSlot(ctx, slot);
  const held = row?.generation === generation && row.state.kind === "running";
  return held ? row : null;
}
