/** Cases of a `switch` and branches of a `parallel`: entering them, and what one of them having ended leads to. */
import type { Json } from "../../language/evaluation";
import type { StepError } from "../../validators/steps";
import { failure } from "../../steps/stepBegin";
import { childKey, nameOf } from "./keys";
import {
  branchAt,
  nextOfParallel,
  nodeAt,
  parallelAt,
  type Work,
} from "./transitions";
import type { TurnState } from "./turnState";

/** What becomes of the step around a branch that has ended. */
export type BranchMove =
  | { kind: "wait" }
  | { kind: "complete"; output: Json }
  /** The branch taken, or the winner: others are cancelled if there are any. */
  | { kind: "win"; output: Json; branch: string }
  | { kind: "fail"; error: StepError };

/** A row for each branch, so that each can be seen, fail and be cancelled by itself. */
export function enterBranches(
  turn: TurnState,
  key: string,
  names: readonly string[],
): Work[] {
  return names.flatMap((name): Work[] => {
    const branchKey = childKey(key, name);
    const node = branchAt(turn.graph, branchKey);
    turn.addStep(branchKey, node, {});
    const first = node.steps[0];
    return first === undefined
      ? []
      : [{ do: "start", key: childKey(branchKey, first.name) }];
  });
}

export async function afterBranch(
  turn: TurnState,
  key: string,
  branchKey: string,
): Promise<BranchMove> {
  return nodeAt(turn.graph, key).kind === "switch"
    ? await winOf(turn, branchKey)
    : await afterParallelBranch(turn, key, branchKey);
}

async function winOf(turn: TurnState, branchKey: string): Promise<BranchMove> {
  const branch = nameOf(branchKey);
  const { output } = await turn.step(branchKey);
  const result = await turn.values.read(output);
  return { kind: "win", branch, output: { branch, result } };
}

async function afterParallelBranch(
  turn: TurnState,
  key: string,
  branchKey: string,
): Promise<BranchMove> {
  const node = parallelAt(turn.graph, key);
  const rows = await Promise.all(
    node.branches.map(({ name }) => turn.step(childKey(key, name))),
  );
  const next = nextOfParallel(
    node.mode,
    rows.map(({ state }) => state.kind),
  );
  switch (next) {
    case "wait":
      return { kind: "wait" };
    case "won":
      return await winOf(turn, branchKey);
    case "lost":
      return { kind: "fail", error: allFailed(node.label, rows.length) };
    case "done":
      return await resultsOf(turn, rows);
  }
}

async function resultsOf(
  turn: TurnState,
  rows: Awaited<ReturnType<TurnState["step"]>>[],
): Promise<BranchMove> {
  const results: [string, Json][] = [];
  for (const { key, output } of rows)
    results.push([nameOf(key), await turn.values.read(output)]);
  return { kind: "complete", output: Object.fromEntries(results) };
}

function allFailed(label: string, count: number): StepError {
  return failure(
    "all_branches_failed",
    `All ${count} branches of the race "${label}" failed, so nobody won it.`,
  );
}
