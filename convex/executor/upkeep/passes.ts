/**
 * Writer of `passes`: work on the whole database, in portions that each are a transaction, say how far they came and
 * schedule the next. A portion is done once, also after a crash: it names the one it follows.
 */
import type { FunctionReference } from "convex/server";
import type { Doc } from "../../_generated/dataModel";
import { internal } from "../../_generated/api";
import type { MutationCtx, QueryCtx } from "../../functions";
import type { PassName, Place } from "../../validators/upkeep";
import { repairFinding } from "./findingRepairs";
import { type Phase, Portion } from "./portion";

/** Between two portions, so that runs have the larger half of the time. */
const PAUSE_MS = 100;
/** A portion that has not come by then was lost. */
const GRACE_MS = 60_000;

type Phases = Record<string, Phase<MutationCtx>>;
type PortionOf = FunctionReference<"mutation", "internal", { portion: number }>;

const WORK: Record<PassName, PortionOf> = {
  retention: internal.executor.retention.work,
  audit: internal.executor.audit.work,
};

/** Begins a pass when none is under way, and goes on with one that was lost. */
export async function beginPass(
  ctx: MutationCtx,
  name: PassName,
  phases: Phases,
): Promise<void> {
  const now = Date.now();
  const last = await findPass(ctx, name);
  if (last?.endedAt === null) return await repairPass(ctx, last, phases);
  const begun = {
    name,
    startedAt: now,
    endedAt: null,
    place: firstPlace(phases),
    portion: 0,
    portionAt: now,
    repairs: 0,
    counts: {},
    filesSeen: last?.filesSeen ?? 0,
  };
  if (last === null) await ctx.db.insert("passes", begun);
  else await ctx.db.replace("passes", last._id, begun);
  await workSoon(ctx, begun, 0);
}

/** What was lost twice is left out until the next pass: the rest of its phase. */
async function repairPass(
  ctx: MutationCtx,
  pass: Doc<"passes">,
  phases: Phases,
): Promise<void> {
  const now = Date.now();
  if (now - pass.portionAt < GRACE_MS) return;
  const { _id, name, repairs, place } = pass;
  console.warn(`${name}: portion ${pass.portion} was lost`, place);
  const next = repairs === 0 ? place : phaseAfter(phases, place.phase);
  if (next === null) return await endPass(ctx, pass, pass);
  const change = { place: next, portionAt: now, repairs: repairs + 1 };
  await ctx.db.patch("passes", _id, change);
  await workSoon(ctx, pass, 0);
}

async function workSoon(
  ctx: MutationCtx,
  { name, portion }: Pick<Doc<"passes">, "name" | "portion">,
  afterMs: number,
): Promise<void> {
  await ctx.scheduler.runAfter(afterMs, WORK[name], { portion });
}

/** What it did; null when the portion has been done before. */
export async function workPortion(
  ctx: MutationCtx,
  name: PassName,
  { portion: number, phases }: { portion: number; phases: Phases },
): Promise<Portion | null> {
  const pass = await findPass(ctx, name);
  if (pass === null || pass.endedAt !== null || pass.portion !== number)
    return null;
  const now = Date.now();
  const portion = new Portion(now, pass);
  const place = await goOn(ctx, portion, { phases, from: pass.place });
  for (const finding of portion.findings)
    if (await repairFinding(ctx, finding)) portion.count("repaired");
  if (place === null) {
    await endPass(ctx, pass, portion);
    return portion;
  }
  const next = { name, portion: number + 1 };
  const { counts, filesSeen } = portion;
  await ctx.db.patch("passes", pass._id, {
    ...next,
    place,
    portionAt: now,
    repairs: 0,
    counts,
    filesSeen,
  });
  await workSoon(ctx, next, PAUSE_MS);
  return portion;
}

async function endPass(
  ctx: MutationCtx,
  { _id }: Doc<"passes">,
  { counts, filesSeen }: Pick<Doc<"passes">, "counts" | "filesSeen">,
): Promise<void> {
  const endedAt = Date.now();
  await ctx.db.patch("passes", _id, { endedAt, counts, filesSeen });
}

/** Where the next portion goes on; null when the pass is over. */
export async function goOn<Ctx>(
  ctx: Ctx,
  portion: Portion,
  { phases, from }: { phases: Record<string, Phase<Ctx>>; from: Place },
): Promise<Place | null> {
  let place: Place | null = from;
  while (place !== null && !portion.isSpent) {
    const phase: Phase<Ctx> | undefined = phases[place.phase];
    const left: Place | null =
      phase === undefined ? null : await phase(ctx, portion, place);
    place = left ?? phaseAfter(phases, place.phase);
  }
  return place;
}

function phaseAfter(phases: object, phase: string): Place | null {
  const names = Object.keys(phases);
  const next = names[names.indexOf(phase) + 1];
  return next === undefined ? null : placeOf(next);
}

export function firstPlace(phases: object): Place {
  return placeOf(Object.keys(phases)[0] ?? "");
}

function placeOf(phase: string): Place {
  return { phase, owner: 0, after: 0, within: 0 };
}

export async function findPass(
  ctx: QueryCtx,
  name: PassName,
): Promise<Doc<"passes"> | null> {
  return await ctx.db
    .query("passes")
    .withIndex("by_name", (q) => q.eq("name", name))
    .unique();
}
