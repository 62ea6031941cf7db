/** Carries out what loops (`loops.ts`) and branches (`branches.ts`) decide. */
import { afterBranch, type BranchMove } from "./branches";
import { cancelInside } from "./cancelInside";
import type { LoopMove } from "./loops";
import { completeStep, failStep } from "./stepEnds";
import { isStepEnded, nodeAt, type Work } from "./transitions";
import type { TurnState } from "./turnState";

export async function moveLoop(
  turn: TurnState,
  key: string,
  move: LoopMove,
): Promise<Work[]> {
  switch (move.kind) {
    case "work":
      return move.work;
    case "complete":
      return await completeStep(turn, key, move.output);
    case "fail":
      return await failStep(turn, key, move.error);
  }
}

/** A branch has ended: the switch or parallel around it waits for others, or ends. */
export async function moveBranches(
  turn: TurnState,
  key: string,
  branchKey: string,
): Promise<Work[]> {
  if (isStepEnded((await turn.step(key)).state)) return [];
  const move: BranchMove = await afterBranch(turn, key, branchKey);
  switch (move.kind) {
    case "wait":
      return [];
    case "fail":
      return await failStep(turn, key, move.error);
    case "complete":
      return await completeStep(turn, key, move.output);
    case "win":
      await turn.change(key, { branch: move.branch });
      return [
        ...(nodeAt(turn.graph, key).kind === "parallel"
          ? await cancelInside(turn, key)
          : []),
        ...(await completeStep(turn, key, move.output)),
      ];
  }
}
