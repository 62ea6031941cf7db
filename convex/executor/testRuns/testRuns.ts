/**
 * What is different about test runs: steps with pinned outputs, and one step alone. Everything else about them is as in
 * any run; that they are tests follows from their version, a snapshot of the draft.
 */
import type { Json } from "../../language/evaluation";
import type { StepNode } from "../../language/graph";
import { isIterationKey, nameOf, parentKeyOf } from "../flow/keys";
import { type Pin, pinnedOutput, writePins } from "./pins";
import { containersAround } from "../replay/replayPath";
import { nodeAt, visibleSteps, type Work } from "../flow/transitions";
import type { TurnState } from "../flow/turnState";

/** One step alone, with what it would otherwise get from the steps and loops around it. */
export type StepTest = {
  /** Iterations around it are number 0. */
  key: string;
  /** Outputs of earlier steps, by the names it reads them under. */
  steps: Record<string, Json>;
  /** Items of the loops around it, by the loop's name. */
  items: Record<string, Json>;
};

export type TestStart = { pins: readonly Pin[]; step: StepTest | null };

/** Writes what the test needs before its first turn; answers where it begins, null for the first step. */
export async function prepareTest(
  turn: TurnState,
  { pins, step }: TestStart,
): Promise<Work[] | null> {
  if (pins.length > 0) {
    await writePins(turn.ctx, turn.run._id, pins);
    turn.setRun({ hasPins: true });
  }
  if (step === null) return null;
  turn.setRun({ onlyStep: step.key });
  for (const container of containersAround(step.key))
    await addContainer(turn, container, step.items);
  for (const [name, key] of visibleSteps(turn.graph, step.key, null)) {
    const value = step.steps[name];
    if (value !== undefined) await addGiven(turn, key, value);
  }
  return [{ do: "start", key: step.key }];
}

async function addContainer(
  turn: TurnState,
  key: string,
  items: Record<string, Json>,
): Promise<void> {
  if (isIterationKey(key)) {
    const item = items[nameOf(parentKeyOf(key) ?? key)] ?? null;
    return turn.addIteration(key, { input: await turn.values.store(item) });
  }
  const node = nodeAt(turn.graph, key);
  const loop = { total: 1, completed: 0, failed: 0, running: 1 };
  turn.addStep(key, node, node.kind === "loop" ? { loop } : {});
}

async function addGiven(
  turn: TurnState,
  key: string,
  value: Json,
): Promise<void> {
  turn.addStep(key, nodeAt(turn.graph, key), { pinned: true });
  await turn.end(
    key,
    { kind: "completed" },
    { output: await turn.values.store(value) },
  );
}

/** A step with a pinned output completes with it at once. Null when it has none. */
export async function completePinned(
  turn: TurnState,
  key: string,
  node: StepNode,
): Promise<Work[] | null> {
  const output = await pinnedOutput(turn, key);
  if (output === null) return null;
  turn.addStep(key, node, { pinned: true });
  await turn.end(key, { kind: "completed" }, { output });
  return [{ do: "advance", key }];
}

/** The one step that was tested has completed: the run has its output, and what is around it ends with it. */
export async function completeStepTest(
  turn: TurnState,
  key: string,
): Promise<void> {
  for (const container of containersAround(key).reverse()) {
    await turn.end(container, { kind: "completed" });
    const { loop } = await turn.step(container);
    if (loop !== null)
      await turn.change(container, {
        loop: { ...loop, completed: 1, running: 0 },
      });
  }
  const { output } = await turn.step(key);
  turn.setRun({
    state: { kind: "completed" },
    endedAt: turn.now,
    output,
    backlog: [],
  });
}
