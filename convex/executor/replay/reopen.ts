/** The last part of preparing a replay from a step: the containers around it go on as if they had just come to it. */
import type { Doc } from "../../_generated/dataModel";
import type { WholeStep } from "../../model/stepFields";
import { stepAt } from "../../model/stepReads";
import { enterBranches } from "../flow/branches";
import {
  isIterationKey,
  iterationIndex,
  nameOf,
  parentKeyOf,
} from "../flow/keys";
import { loopKeyOf, startIteration } from "../flow/loops";
import { containersAround } from "./replayPath";
import { SourceGone, type StepSeeds } from "./seedSteps";
import { countIterations } from "../flow/stepLimit";
import { watchTime } from "../flow/timerRequests";
import {
  loopAt,
  type LoopCounts,
  nodeAt,
  type Work,
} from "../flow/transitions";
import type { TurnState } from "../flow/turnState";

type Reopened = {
  seed: Doc<"runSeeds">;
  source: Doc<"workflowRuns">;
  rows: StepSeeds;
};

/** Opens the way to the step and says how the run goes on: with the step, and with what is beside it. */
export async function reopenWay(
  turn: TurnState,
  { seed, source, rows }: Reopened,
): Promise<Work[]> {
  const { key, anew } = seed;
  const containers = containersAround(key);
  for (const container of containers) {
    const row = await stepAt(turn.ctx, source._id, container);
    if (row === null) throw new SourceGone(`${container} is gone`);
    await reopen(turn, row, { seed, rows });
  }
  const work: Work[] = [{ do: "start", key }];
  for (const beside of anew) work.push(...(await startAnew(turn, beside)));
  // Each loop fills its window behind the iteration on the way.
  for (const container of containers.filter(isIterationKey))
    work.push({ do: "advance", key: container });
  return work;
}

async function reopen(
  turn: TurnState,
  row: WholeStep,
  { seed, rows }: Pick<Reopened, "seed" | "rows">,
): Promise<void> {
  const { key, label } = row;
  const input = row.input && (await rows.payload(row.input));
  if (isIterationKey(key)) return turn.addIteration(key, { input, label });
  const node = nodeAt(turn.graph, key);
  const counts = node.kind === "loop" ? countsOf(turn, row, seed) : null;
  // What the first run was allowed is allowed here.
  if (node.kind === "loop")
    countIterations(turn, key, { loop: node, iterations: counts?.total ?? 0 });
  turn.addStep(key, node, {
    input,
    // The winner of a race is not known yet.
    branch: node.kind === "parallel" ? null : row.branch,
    loop: counts,
  });
  if (node.kind === "approval") await rows.copyApproval(row);
  await watchTime(turn, key, node);
}

/** What was taken over has ended, and the iteration on the way runs; those that start anew count themselves. */
function countsOf(
  turn: TurnState,
  { key, loop }: WholeStep,
  seed: Doc<"runSeeds">,
): LoopCounts {
  const ended = seed.loops.find((counts) => counts.key === key);
  return {
    total: loopAt(turn.graph, key).mode === "while" ? null : (loop?.total ?? 0),
    completed: ended?.completed ?? 0,
    failed: ended?.failed ?? 0,
    running: 1,
  };
}

async function startAnew(turn: TurnState, key: string): Promise<Work[]> {
  if (!isIterationKey(key))
    return enterBranches(turn, parentKeyOf(key) ?? "", [nameOf(key)]);
  const loopKey = loopKeyOf(key);
  const loop = loopAt(turn.graph, loopKey);
  const index = iterationIndex(key);
  return await startIteration(turn, loopKey, { loop, index });
}
