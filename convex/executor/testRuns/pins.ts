/**
 * Writer of `pinnedOutputs`: values that steps of a test run complete with at once, in place of doing anything. A step
 * looks for its pin when it begins, and only in runs that have pins.
 */
import type { Id } from "../../_generated/dataModel";
import { userError } from "../../errors";
import type { MutationCtx } from "../../functions";
import {
  definitionPath,
  findNode,
  type Graph,
  type StepKind,
} from "../../language/graph";
import {
  copyPayload,
  type PayloadRef,
  storePayload,
} from "../../model/payloads";
import type { TurnState } from "../flow/turnState";

/** `pattern`: the key of one step execution, or with `[]` for each index, of all of them. */
export type Pin = {
  pattern: string;
  value:
    | { kind: "json"; json: string }
    /** A value that another run has stored. */
    | { kind: "stored"; ref: PayloadRef };
};

export const MAX_PINS = 100;

/** Those that end a run, or are no steps of their own. */
const NOT_PINNABLE = new Set<StepKind>(["fail", "stop", "branch"]);

export function isPinnable(kind: StepKind): boolean {
  return !NOT_PINNABLE.has(kind);
}

/** `notify[3]/mail` and `notify[]/mail` become `notify[]/mail`. */
export function openPattern(key: string): string {
  return key.replace(/\[\d*\]/g, "[]");
}

/** The pattern of a step in every iteration of the loops around it. */
export function patternOf(graph: Graph, path: string): string {
  const names = path.split("/");
  const prefixes = names.map((_, index) => names.slice(0, index + 1).join("/"));
  return names
    .map((name, index) => {
      const isLoop = findNode(graph, prefixes[index] ?? "")?.kind === "loop";
      return isLoop && index < names.length - 1 ? `${name}[]` : name;
    })
    .join("/");
}

/** Throws `invalid_argument` for a pattern that no step of the graph could ever match. */
export function checkPatterns(graph: Graph, patterns: readonly string[]): void {
  if (patterns.length > MAX_PINS)
    throw invalid("pins", `A test run has at most ${MAX_PINS} pinned outputs.`);
  for (const [index, pattern] of patterns.entries()) {
    const field = `pins[${index}].pattern`;
    const path = definitionPath(openPattern(pattern).replaceAll("[]", ""));
    const node = findNode(graph, path);
    if (node === null)
      throw invalid(field, `The draft has no step "${pattern}" to pin.`);
    if (!isPinnable(node.kind))
      throw invalid(field, `A ${node.kind} step has no output to pin.`);
    const wanted = patternOf(graph, path);
    const isOne = !pattern.includes("[]");
    if (openPattern(pattern) !== wanted || (!isOne && pattern !== wanted))
      throw invalid(
        field,
        `"${pattern}" is no place of the step: write ${wanted} for all of its iterations, or the numbers of one.`,
      );
    if (patterns.indexOf(pattern) !== index)
      throw invalid(field, `"${pattern}" is pinned twice.`);
  }
}

function invalid(field: string, message: string) {
  return userError("invalid_argument", message, { field });
}

export async function writePins(
  ctx: MutationCtx,
  runId: Id<"workflowRuns">,
  pins: readonly Pin[],
): Promise<void> {
  for (const { pattern, value } of pins) {
    const output =
      value.kind === "json"
        ? await storePayload(ctx, runId, value.json)
        : await copyPayload(ctx, runId, value.ref);
    if (output === null)
      throw invalid(
        "pins",
        `The value for "${pattern}" was deleted meanwhile.`,
      );
    await ctx.db.insert("pinnedOutputs", { runId, pattern, output });
  }
}

/** The pin of this execution itself wins over that of all iterations. */
export async function pinnedOutput(
  turn: TurnState,
  key: string,
): Promise<PayloadRef | null> {
  for (const pattern of new Set([key, openPattern(key)])) {
    const pin = await turn.ctx.db
      .query("pinnedOutputs")
      .withIndex("by_runId_and_pattern", (q) =>
        q.eq("runId", turn.run._id).eq("pattern", pattern),
      )
      .unique();
    if (pin !== null) return pin.output;
  }
  return null;
}
