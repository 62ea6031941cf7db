/** Starts a run and takes its first turn in the same transaction: short runs of pure steps are over when it returns. */
import { v } from "convex/values";
import type { MutationCtx } from "../../functions";
import {
  admit,
  isLimited,
  type RunStart,
  type Started,
} from "../queue/admission";
import { beginRun, insertRun, turnOfNew } from "./newRun";

export type { RunStart } from "../queue/admission";

/** Of a start that was not refused. */
export const vStartOutcome = v.union(
  v.literal("started"),
  v.literal("queued"),
  v.literal("debounced"),
  v.literal("existing"),
);

/** What is told to whoever asked for a start with `onRefusal: "throw"`. */
export function startedOf(started: Started) {
  if (started.outcome === "refused")
    throw new Error("A refusal was to be thrown");
  const { runId, number, outcome } = started;
  return { runId, number, outcome };
}

/** The one entrance for every run. What nothing limits begins here, with no more reads and rows than its own. */
export async function startRun(
  ctx: MutationCtx,
  start: RunStart,
): Promise<Started> {
  if (isLimited(start)) return await admit(ctx, start);
  const now = Date.now();
  const run = await insertRun(ctx, start, { state: { kind: "running" }, now });
  await beginRun(turnOfNew(ctx, start, { run, now }), start.test);
  return { runId: run._id, number: run.number, outcome: "started" };
}
