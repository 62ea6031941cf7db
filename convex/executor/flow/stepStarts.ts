/** How a step begins: its kind says how (`steps/*`), and this carries it out. */
import type { StepNode } from "../../language/graph";
import { beginStep } from "../../steps/registry";
import type { Begun } from "../../steps/stepBegin";
import { enterBranches } from "./branches";
import { awaitRun } from "../runs/childRunRequests";
import { moveLoop } from "./containerMoves";
import { childKey, parentKeyOf } from "./keys";
import { beginIterations } from "./loops";
import { completeStep, failStep } from "./stepEnds";
import { countTaken } from "./stepLimit";
import { evaluateStep, scopeFor } from "./stepScope";
import { stopWith } from "../runs/stopRun";
import { insertTask } from "../effects/tasks";
import { completePinned } from "../testRuns/testRuns";
import { startTimer, watchTime } from "./timerRequests";
import { isStepEnded, nodeAt, type Work } from "./transitions";
import type { TurnState } from "./turnState";
import { awaitApproval, awaitEvent } from "../waits/waits";

export async function startStep(turn: TurnState, key: string): Promise<Work[]> {
  if (await hasContainerEnded(turn, key)) return [];
  const node = nodeAt(turn.graph, key);
  if (turn.run.hasPins) {
    const pinned = await completePinned(turn, key, node);
    if (pinned !== null) return pinned;
  }
  const begun = await beginStep({
    key,
    node,
    now: turn.now,
    evaluate: (slot, extra) =>
      evaluateStep(turn, key, { node, slot, ...(extra ? { extra } : {}) }),
    scope: () => scopeFor(turn, key, node),
  });
  const work = await applyBegun(turn, key, { node, begun });
  await watchTime(turn, key, node);
  return work;
}

/** Another iteration's failure may have ended what the step is in, after the step was queued. */
async function hasContainerEnded(
  turn: TurnState,
  key: string,
): Promise<boolean> {
  const container = parentKeyOf(key);
  if (container === null) return false;
  const row = turn.seen(container) ?? (await turn.step(container));
  return isStepEnded(row.state);
}

async function applyBegun(
  turn: TurnState,
  key: string,
  { node, begun }: { node: StepNode; begun: Begun },
): Promise<Work[]> {
  switch (begun.kind) {
    case "completed":
      turn.addStep(key, node, {});
      return await completeStep(turn, key, begun.output);
    case "failed":
      turn.addStep(key, node, {});
      return await failStep(turn, key, begun.error);
    case "effect": {
      const input = await turn.values.store(begun.request);
      const state = { kind: "pending" } as const;
      turn.addStep(key, node, {
        state,
        input,
        maxAttempts: node.retry.maxAttempts,
        startedAt: null,
      });
      await insertTask(turn, key, {
        effect: begun.effect,
        input,
        timeoutMs: begun.timeoutMs,
      });
      return [];
    }
    case "sleep":
      turn.addStep(key, node, {
        state: { kind: "waiting", for: "delay", until: begun.until },
      });
      await startTimer(turn, begun.until, { kind: "delay", key });
      return [];
    case "awaitApproval":
      return await awaitApproval(turn, key, { node, asked: begun.request });
    case "awaitEvent":
      turn.addStep(key, node, {});
      return await awaitEvent(turn, key, begun.wait);
    case "startRun":
      turn.addStep(key, node, {});
      return await awaitRun(turn, key, begun.input);
    case "branch":
    case "enter": {
      const { branch } = begun;
      turn.addStep(key, node, { branch });
      const refused = countTaken(turn, key, { node, branch });
      if (refused !== null) return await failStep(turn, key, refused);
      return begun.kind === "branch"
        ? await enterBranch(turn, key, begun.branch)
        : enterBranches(turn, key, begun.branches);
    }
    case "stop":
      turn.addStep(key, node, {});
      return await stopWith(turn, key, begun.output);
    case "iterate":
      turn.addStep(key, node, {});
      return await moveLoop(turn, key, await beginIterations(turn, key, begun));
  }
}

async function enterBranch(
  turn: TurnState,
  key: string,
  branch: "then" | "else",
): Promise<Work[]> {
  const node = nodeAt(turn.graph, key);
  const block = node.kind === "condition" ? node[branch] : null;
  const first = block?.[0];
  if (first !== undefined)
    return [{ do: "start", key: childKey(key, first.name) }];
  return await completeStep(turn, key, { branch, result: null });
}
