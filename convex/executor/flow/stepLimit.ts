/**
 * How many step executions a run may have. What one pass through the graph writes is bounded by the graph; only loops
 * multiply it. So a loop counts what its iterations write at least when it begins, and what is inside iterations adds what
 * it writes beyond that when it is taken: turns without such things write nothing for it.
 */
import type { BranchStep, LoopStep, StepNode } from "../../language/graph";
import { failure } from "../../steps/stepBegin";
import type { StepError } from "../../validators/steps";
import type { TurnState } from "./turnState";

const MAX_STEP_EXECUTIONS = 50_000;
/** A loop that raises `maxIterations` above this, at the top, is bounded by that number instead. */
const USUAL_ITERATIONS = 10_000;
/** Iterations of a `while` that are counted together. */
const COUNTED_TOGETHER = 100;

/** What a block writes at least: the smaller branches, and loops without their iterations. */
function leastSteps(block: readonly StepNode[]): number {
  return block.reduce((sum, node) => sum + 1 + leastInside(node), 0);
}

function leastInside(node: StepNode): number {
  switch (node.kind) {
    case "condition":
      return Math.min(leastSteps(node.then), leastSteps(node.else ?? []));
    case "switch":
      return Math.min(
        ...node.cases.map(leastOfBranch),
        node.default === null ? 0 : leastOfBranch(node.default),
      );
    case "parallel":
      return node.branches.reduce((sum, one) => sum + leastOfBranch(one), 0);
    default:
      return 0;
  }
}

const leastOfBranch = ({ steps }: BranchStep) => 1 + leastSteps(steps);

/** With its iterations known. The error is the loop's. */
export function countIterations(
  turn: TurnState,
  key: string,
  { loop, iterations }: { loop: LoopStep; iterations: number },
): StepError | null {
  const isBoundedAlone =
    !isInLoop(key) && loop.maxIterations > USUAL_ITERATIONS;
  if (isBoundedAlone || iterations === 0) return null;
  return count(turn, loop, iterations * (1 + leastSteps(loop.body)));
}

/** Before iteration `index` of a `while`, or at its end: those since it was last asked. */
export function countWhile(
  turn: TurnState,
  key: string,
  { loop, index, isDone }: { loop: LoopStep; index: number; isDone: boolean },
): StepError | null {
  const rest = index % COUNTED_TOGETHER;
  const isFull = index > 0 && rest === 0;
  if (isFull && !isDone)
    return countIterations(turn, key, { loop, iterations: COUNTED_TOGETHER });
  return isDone
    ? countIterations(turn, key, {
        loop,
        iterations: isFull ? COUNTED_TOGETHER : rest,
      })
    : null;
}

/** Of a condition, switch or wait in an iteration: what it takes beyond what its loop has counted. */
export function countTaken(
  turn: TurnState,
  key: string,
  { node, branch }: { node: StepNode; branch: string | null },
): StepError | null {
  if (!isInLoop(key)) return null;
  const more = sizeTaken(node, branch) - leastInside(node);
  return more > 0 ? count(turn, node, more) : null;
}

function sizeTaken(node: StepNode, branch: string | null): number {
  switch (node.kind) {
    case "condition":
      return leastSteps((branch === "then" ? node.then : node.else) ?? []);
    case "switch": {
      const taken = [...node.cases, node.default].find(
        (one) => one?.name === branch,
      );
      return taken ? leastOfBranch(taken) : 0;
    }
    case "approval":
    case "waitForEvent":
      return leastSteps(node.late ?? []);
    default:
      return leastInside(node);
  }
}

const isInLoop = (key: string) => key.includes("[");

function count(
  turn: TurnState,
  { kind, label }: StepNode,
  more: number,
): StepError | null {
  const planned = (turn.run.planned ?? 0) + more;
  turn.setRun({ planned });
  if (planned <= MAX_STEP_EXECUTIONS) return null;
  return failure(
    "too_many_steps",
    `${kind === "loop" ? "Loop" : "Step"} "${label}" would bring the run to ${planned.toLocaleString("en-US")} step executions; a run has at most ${MAX_STEP_EXECUTIONS.toLocaleString("en-US")}. Give parts of the work to runs of their own with a run step, or raise maxIterations of a loop that is in no other: then that number bounds it instead.`,
  );
}
