import {
  internalActionGeneric,
  internalMutationGeneric,
  makeFunctionReference,
  mutationGeneric,
  queryGeneric,
} from "convex/server";
import { v, type GenericId, type Infer } from "convex/values";
import { vOutput, vRun } from "./schema";

const CALLS = 3;

type RunId = GenericId<"runs">;
const workRef = makeFunctionReference<"action", { runId: RunId; url: string }>(
  "runs:work",
);
const recordRef = makeFunctionReference<
  "mutation",
  { runId: RunId; output: Infer<typeof vOutput> }
>("runs:record");

export const create = mutationGeneric({
  args: { url: v.string() },
  returns: v.object({ runId: v.id("runs") }),
  handler: async (ctx, { url }) => {
    const run: Infer<typeof vRun> = { state: { kind: "running" }, outputs: [] };
    const runId = await ctx.db.insert("runs", run);
    await ctx.scheduler.runAfter(0, workRef, { runId, url });
    return { runId };
  },
});

export const get = queryGeneric({
  args: { runId: v.id("runs") },
  returns: v.union(
    v.null(),
    vRun.extend({ _id: v.id("runs"), _creationTime: v.number() }),
  ),
  handler: (ctx, { runId }) => ctx.db.get(runId),
});

/** Calls `url` one time after the other, and stores each answer before the next. */
export const work = internalActionGeneric({
  args: { runId: v.id("runs"), url: v.string() },
  returns: v.null(),
  handler: async (ctx, { runId, url }) => {
    for (let call = 0; call < CALLS; call += 1) {
      const response = await fetch(url);
      const output = { status: response.status, body: await response.text() };
      await ctx.runMutation(recordRef, { runId, output });
    }
    return null;
  },
});

/** The last output completes the run. */
export const record = internalMutationGeneric({
  args: { runId: v.id("runs"), output: vOutput },
  returns: v.null(),
  handler: async (ctx, { runId, output }) => {
    const run = await ctx.db.get(runId);
    if (run === null) throw new Error(`There is no run ${runId}`);
    const outputs = [...run.outputs, output];
    const kind = outputs.length === CALLS ? "completed" : "running";
    await ctx.db.patch(runId, { state: { kind }, outputs });
    return null;
  },
});
