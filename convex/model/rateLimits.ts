/**
 * Writer of `rateBuckets`: token buckets. A row is read and changed in the transaction that takes from it, so nobody
 * takes twice and what is rolled back has taken nothing. A table of ours, because a start pays for it: calling a component
 * costs a function call.
 */
import type { Doc } from "../_generated/dataModel";
import { userError } from "../errors";
import type { MutationCtx } from "../functions";
import { FoundRows } from "./foundRows";

const MINUTE = 60_000;

export type BucketSize = { perMinute: number; capacity: number };
export type Bucket = { value: number; at: number };

const SIZES = {
  /** By organization: starts and replays by people. */
  startRun: { perMinute: 600, capacity: 200 },
  /** By webhook. */
  webhook: { perMinute: 600, capacity: 200 },
  /** By organization. */
  event: { perMinute: 6_000, capacity: 1_000 },
  /** By workflow: looks at what its runs gave, for the editor. */
  lookAtRuns: { perMinute: 20, capacity: 5 },
  /** By organization. */
  lookAtAll: { perMinute: 2, capacity: 1 },
} as const satisfies Record<string, BucketSize>;

const WHAT = {
  startRun: "runs are being started",
  webhook: "runs are being started",
  event: "events are being sent",
};

/** Takes one from the bucket; throws `rate_limited` when it is empty. */
export async function requireCapacity(
  ctx: MutationCtx,
  name: keyof typeof WHAT,
  key: string,
): Promise<void> {
  const taken = await take(ctx, name, key);
  if (taken.kind === "empty")
    throw tooMany(WHAT[name], Math.ceil(taken.retryAfterMs));
}

/** For what may as well be left out. */
export async function hasCapacity(
  ctx: MutationCtx,
  name: "lookAtRuns" | "lookAtAll",
  key: string,
): Promise<boolean> {
  return (await take(ctx, name, key)).kind === "taken";
}

async function take(
  ctx: MutationCtx,
  name: keyof typeof SIZES,
  key: string,
): Promise<Taken> {
  const row = await findBucket(ctx, name, key);
  const taken = takeOne(row, SIZES[name], Date.now());
  if (taken.kind === "empty") return taken;
  if (row === null)
    await ctx.db.insert("rateBuckets", { name, key, ...taken.bucket });
  else await ctx.db.patch("rateBuckets", row._id, taken.bucket);
  return taken;
}

const buckets = new FoundRows<Doc<"rateBuckets">>();

async function findBucket(
  { db }: MutationCtx,
  name: keyof typeof SIZES,
  key: string,
): Promise<Doc<"rateBuckets"> | null> {
  return await buckets.find(`${name} ${key}`, {
    get: (id) => db.get("rateBuckets", id),
    isIt: (row) => row.name === name && row.key === key,
    look: () =>
      db
        .query("rateBuckets")
        .withIndex("by_name_and_key", (q) => q.eq("name", name).eq("key", key))
        .unique(),
  });
}

type Taken =
  { kind: "taken"; bucket: Bucket } | { kind: "empty"; retryAfterMs: number };

/** A bucket that was never used is full. */
export function takeOne(
  bucket: Bucket | null,
  { perMinute, capacity }: BucketSize,
  now: number,
): Taken {
  const perMs = perMinute / MINUTE;
  const { value, at } = bucket ?? { value: capacity, at: now };
  const filled = Math.min(value + Math.max(0, now - at) * perMs, capacity);
  return filled < 1
    ? { kind: "empty", retryAfterMs: (1 - filled) / perMs }
    : { kind: "taken", bucket: { value: filled - 1, at: now } };
}

function tooMany(what: string, retryAfterMs: number) {
  return userError(
    "rate_limited",
    `Too many ${what}; try again in ${Math.ceil(retryAfterMs / 1000)} s.`,
    { retryAfterMs },
  );
}
