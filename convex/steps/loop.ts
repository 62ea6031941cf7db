import type { Json } from "../language/evaluation";
import { type LoopStep, MAX_ITERATIONS } from "../language/graph";
import { type Begun, failed, type StepContext } from "./stepBegin";

export async function beginLoop(step: StepContext<LoopStep>): Promise<Begun> {
  const { node } = step;
  switch (node.mode) {
    case "while":
      return { kind: "iterate", total: null, items: null };
    case "times":
      return node.times === null
        ? await countGivenBy(step, "times")
        : count(node, node.times);
    case "each":
      return await countGivenBy(step, "each");
  }
}

async function countGivenBy(
  step: StepContext<LoopStep>,
  slot: "each" | "times",
): Promise<Begun> {
  const result = await step.evaluate(slot);
  if (result.kind === "failed") return result;
  const { value } = result;
  if (typeof value === "number") return count(step.node, value);
  if (slot === "each" && Array.isArray(value)) return list(step.node, value);
  const wanted = slot === "each" ? "a list (or a number)" : "a number";
  return failed(
    "invalid_value",
    `${slot} of loop "${step.node.label}" must give ${wanted}; it gave ${describe(value)}.`,
  );
}

function count(node: LoopStep, total: number): Begun {
  if (!Number.isInteger(total) || total < 0) {
    return failed(
      "invalid_value",
      `Loop "${node.label}" cannot run ${total} times; the number must be whole and not negative.`,
    );
  }
  return tooMany(node, total) ?? { kind: "iterate", total, items: null };
}

function list(node: LoopStep, items: Json[]): Begun {
  return (
    tooMany(node, items.length) ?? {
      kind: "iterate",
      total: items.length,
      items,
    }
  );
}

export function tooMany(node: LoopStep, total: number): Begun | null {
  if (total <= node.maxIterations) return null;
  return failed(
    "too_many_iterations",
    `Loop "${node.label}" would run ${total} times; at most ${node.maxIterations} are allowed. ${adviceFor(node)}`,
  );
}

function adviceFor({ mode, maxIterations }: LoopStep): string {
  if (mode === "while")
    return "Its while was still true; raise maxIterations if that is right.";
  return maxIterations < MAX_ITERATIONS
    ? "Raise maxIterations or split the list."
    : "Split the list.";
}

function describe(value: Json): string {
  if (value === null) return "null or nothing (is a return missing?)";
  return Array.isArray(value)
    ? "a list"
    : `${/^[aeiou]/.test(typeof value) ? "an" : "a"} ${typeof value}`;
}
