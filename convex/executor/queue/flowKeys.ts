/** The keys of a start, as the functions in the workflow's options give them. */
import type { Doc } from "../../_generated/dataModel";
import { userError } from "../../errors";
import type { QueryCtx } from "../../functions";
import type { Json, StepError } from "../../language/evaluation";
import type { FlowControl, FlowSlot } from "../../language/graph";
import { PRIORITY_RANGE } from "../../language/flowRanges";
import { evaluate } from "../../language/sandbox";
import { programOf } from "../../model/programs";

const MAX_KEY = 200;

export type FlowKeys = {
  concurrency: string;
  rateLimit: string;
  debounce: string;
  /** null: starts are not told apart. */
  idempotency: string | null;
};

type KeyContext = {
  ctx: QueryCtx;
  version: Doc<"workflowVersions">;
  input: Json;
  now: number;
};

/** "" stands for a limit without a key. Throws `invalid_key`. */
export async function flowKeysOf(
  start: KeyContext,
  flow: FlowControl,
): Promise<FlowKeys> {
  const { concurrency, rateLimit, debounce, idempotency } = flow;
  const ask = async (slot: FlowSlot, hasKey: boolean | undefined) =>
    hasKey ? await keyFrom(start, slot) : "";
  return {
    concurrency: await ask("concurrency.key", concurrency?.hasKey),
    rateLimit: await ask("rateLimit.key", rateLimit?.hasKey),
    debounce: await ask("debounce.key", debounce?.hasKey),
    idempotency: idempotency?.hasKey
      ? await keyFrom(start, "idempotencyKey")
      : null,
  };
}

async function keyFrom(
  { ctx, version, input, now }: KeyContext,
  slot: FlowSlot,
): Promise<string> {
  const result = await evaluate({
    program: await programOf(ctx, version._id),
    fn: { path: "", slot },
    scope: { input, steps: {} },
    seed: `${version._id}:${slot}`,
    nowMs: now,
  });
  if (result.kind === "failed") throw failedKey(slot, result.error);
  return checkedKey(result.value, slot);
}

function failedKey(slot: FlowSlot, { name, message, frames }: StepError) {
  const position = frames[0];
  return userError(
    "invalid_key",
    `The function ${slot} of the workflow failed: ${name}: ${message}`,
    {
      field: slot,
      ...(position === undefined
        ? {}
        : { line: position.line, column: position.column }),
    },
  );
}

/** `name` is where it comes from, for people. */
export function checkedKey(value: Json, name: string): string {
  const problem = problemOf(value);
  if (problem === null && typeof value === "string") return value;
  throw userError(
    "invalid_key",
    `${name} gave ${problem}; a key is a text of 1 to ${MAX_KEY} characters.`,
    { field: name },
  );
}

function problemOf(value: Json): string | null {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value !== "string") return `a value of type ${typeof value}`;
  if (value.trim() === "") return "an empty text";
  return value.length > MAX_KEY ? `${value.length} characters` : null;
}

export function checkedPriority(priority: number): number {
  const { min, max } = PRIORITY_RANGE;
  if (Number.isInteger(priority) && priority >= min && priority <= max)
    return priority;
  throw userError(
    "invalid_argument",
    `A priority is a whole number from ${min} to ${max}.`,
    { field: "priority" },
  );
}
