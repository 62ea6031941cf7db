/** Carries out, within one turn, what `transitions.ts` decides. */
import { cancelInside } from "./cancelInside";
import { moveBranches, moveLoop } from "./containerMoves";
import { isIterationKey } from "./keys";
import { loopKeyOf, recordIterationEnd, startMore } from "./loops";
import { completeRun } from "../runs/runEnds";
import { completeStep } from "./stepEnds";
import { startStep } from "./stepStarts";
import { completeStepTest } from "../testRuns/testRuns";
import { nextAfter, type Work } from "./transitions";
import type { TurnState } from "./turnState";
import { endLate } from "../waits/lateSteps";

export async function perform(turn: TurnState, work: Work): Promise<Work[]> {
  if (work.do === "start") return await startStep(turn, work.key);
  if (work.do === "cancel") return await cancelInside(turn, work.key);
  if (!isIterationKey(work.key)) return await advance(turn, work.key);
  const loopKey = loopKeyOf(work.key);
  return await moveLoop(turn, loopKey, await startMore(turn, loopKey));
}

async function advance(turn: TurnState, key: string): Promise<Work[]> {
  if (turn.run.onlyStep === key) {
    await completeStepTest(turn, key);
    return [];
  }
  const next = nextAfter(turn.graph, key);
  switch (next.kind) {
    case "start":
      return [{ do: "start", key: next.key }];
    case "endCondition": {
      const [{ branch }, { output }] = [
        await turn.step(next.key),
        await turn.step(key),
      ];
      return await completeStep(turn, next.key, {
        branch,
        result: await turn.values.read(output),
      });
    }
    case "endIteration": {
      const { output } = await turn.step(key);
      const ended = await turn.end(next.key, { kind: "completed" }, { output });
      if (!ended) return [];
      await recordIterationEnd(turn, next.key, "completed");
      return [{ do: "advance", key: next.key }];
    }
    case "endBranch": {
      const { output } = await turn.step(key);
      const ended = await turn.end(next.key, { kind: "completed" }, { output });
      return ended ? [{ do: "advance", key: next.key }] : [];
    }
    case "endLate": {
      const { output } = await turn.step(key);
      return await endLate(turn, next.key, await turn.values.read(output));
    }
    case "afterBranch":
      return await moveBranches(turn, next.key, key);
    case "endRun":
      await completeRun(turn);
      return [];
  }
}
