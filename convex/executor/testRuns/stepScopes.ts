/** The values that a step got in a run, to test it with them again. */
import type { Doc } from "../../_generated/dataModel";
import type { QueryCtx } from "../../functions";
import { findNode, type Graph } from "../../language/graph";
import { MAX_INLINE_BYTES, type PayloadRef } from "../../model/payloads";
import { stepAt } from "../../model/stepReads";
import { loopsAround, visibleSteps } from "../flow/transitions";

export type StepScope = {
  /** JSON text; null when it is not at hand. */
  input: string | null;
  steps: { name: string; json: string }[];
  items: { name: string; json: string }[];
  /** What has a value that is too large to show. */
  omitted: string[];
};

/** Only values up to 64 KiB: larger ones are in files, and nobody edits them. */
export async function scopeIn(
  ctx: QueryCtx,
  run: Doc<"workflowRuns">,
  { graph, key }: { graph: Graph; key: string },
): Promise<StepScope> {
  const node = findNode(graph, key);
  const scope: StepScope = { input: null, steps: [], items: [], omitted: [] };
  const read = async (name: string, ref: PayloadRef | null) => {
    if (ref === null) return null;
    const text = await textOf(ctx, ref);
    if (text === null) scope.omitted.push(name);
    return text;
  };
  scope.input = await read("input", run.input);
  for (const [name, at] of visibleSteps(graph, key, node?.reads ?? null)) {
    const row = await stepAt(ctx, run._id, at);
    const json = await read(name, row?.output ?? null);
    if (json !== null) scope.steps.push({ name, json });
  }
  for (const { name, iteration } of loopsAround(key)) {
    const row = await stepAt(ctx, run._id, iteration);
    const json = await read(name, row?.input ?? null);
    if (json !== null) scope.items.push({ name, json });
  }
  return scope;
}

async function textOf(ctx: QueryCtx, ref: PayloadRef): Promise<string | null> {
  if (ref.id === null) return ref.preview;
  if (ref.bytes > MAX_INLINE_BYTES) return null;
  const payload = await ctx.db.get("payloads", ref.id);
  return payload?.body.kind === "inline" ? payload.body.json : null;
}
