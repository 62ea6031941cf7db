/** What a step's functions are called with: input, the outputs it reads by name, and the loops around it. */
import type {
  EvaluateResult,
  EvaluationScope,
  Json,
} from "../../language/evaluation";
import type { FunctionSlot, StepNode } from "../../language/graph";
import { evaluate } from "../../language/sandbox";
import { iterationIndex } from "./keys";
import { loopsAround, outputSteps, visibleSteps } from "./transitions";
import type { TurnState } from "./turnState";

export async function scopeFor(
  turn: TurnState,
  key: string,
  node: StepNode,
): Promise<EvaluationScope> {
  const loops = await loopScopes(turn, key);
  const innermost = loops.at(-1);
  return {
    input: node.readsInput ? await turn.value(turn.run.input) : null,
    steps: await outputs(turn, visibleSteps(turn.graph, key, node.reads)),
    ...failureIn(turn),
    ...(innermost === undefined
      ? {}
      : {
          item: innermost.item,
          index: innermost.index,
          loops: Object.fromEntries(
            loops.map(({ name, item, index }) => [name, { item, index }]),
          ),
        }),
  };
}

/** All that a failing run still executes is `onFailure`. */
function failureIn({ run }: TurnState): Partial<EvaluationScope> {
  const { failing, error, _id: id, number, workflowSlug } = run;
  if (failing === undefined || error === null) return {};
  const { name, message, code, http, cause } = error;
  return {
    error: {
      ...{ name, message, code, step: failing.stepKey },
      ...(http === undefined ? {} : { http }),
      ...(cause === undefined ? {} : { cause }),
    },
    run: { id, number, workflow: workflowSlug },
  };
}

/** Calls one function of a step in the sandbox. */
export async function evaluateStep(
  turn: TurnState,
  key: string,
  call: {
    node: StepNode;
    slot: FunctionSlot;
    extra?: Partial<EvaluationScope>;
  },
): Promise<EvaluateResult> {
  const scope = await scopeFor(turn, key, call.node);
  const result = await evaluate({
    program: await turn.program(),
    fn: { path: call.node.path, slot: call.slot },
    scope: { ...scope, ...call.extra },
    seed: `${turn.run._id}:${key}:1`,
    nowMs: turn.now,
  });
  turn.addLogs(key, result.logs);
  return result;
}

export async function evaluateOutput(turn: TurnState): Promise<EvaluateResult> {
  return await evaluate({
    program: await turn.program(),
    fn: { path: "", slot: "output" },
    scope: {
      input: await turn.value(turn.run.input),
      steps: await outputs(turn, outputSteps(turn.graph)),
    },
    seed: `${turn.run._id}::1`,
    nowMs: turn.now,
  });
}

async function outputs(
  turn: TurnState,
  keys: Map<string, string>,
): Promise<Record<string, Json>> {
  const entries: [string, Json][] = [];
  for (const [name, key] of keys) {
    const step = await turn.findStep(key);
    if (step !== null) entries.push([name, await turn.value(step.output)]);
  }
  return Object.fromEntries(entries);
}

async function loopScopes(
  turn: TurnState,
  key: string,
): Promise<{ name: string; item: Json; index: number }[]> {
  const scopes = [];
  for (const { name, iteration } of loopsAround(key)) {
    const { input } = await turn.step(iteration);
    scopes.push({
      name,
      item: await turn.value(input),
      index: iterationIndex(iteration),
    });
  }
  return scopes;
}
