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

/** Waits only for rows and values that the turn has not seen. */
export async function scopeFor(
  turn: TurnState,
  key: string,
  node: StepNode,
): Promise<EvaluationScope> {
  const visible = visibleSteps(turn.graph, key, node.reads);
  const loops = loopsAround(key);
  return {
    input: node.readsInput ? await turn.values.read(turn.run.input) : null,
    steps: visible.size === 0 ? {} : await outputs(turn, visible),
    ...failureIn(turn),
    ...(await loopScopes(turn, loops, node.readsParts ?? LOOP_PARTS)),
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
      input: await turn.values.read(turn.run.input),
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
    const step = turn.seen(key) ?? (await turn.findStep(key));
    if (step !== null)
      entries.push([
        name,
        turn.values.atHand(step.output) ??
          (await turn.values.read(step.output)),
      ]);
  }
  return Object.fromEntries(entries);
}

const LOOP_PARTS: readonly string[] = ["item", "index", "loops"];

/** Of the loops around a step, the parts that it reads: most read only `item`. */
async function loopScopes(
  turn: TurnState,
  around: ReturnType<typeof loopsAround>,
  parts: readonly string[],
): Promise<Partial<EvaluationScope>> {
  const innermost = around.at(-1);
  if (innermost === undefined) return {};
  const scope: Partial<EvaluationScope> = {};
  const { iteration } = innermost;
  if (parts.includes("item")) scope.item = await itemOf(turn, iteration);
  if (parts.includes("index")) scope.index = iterationIndex(iteration);
  if (parts.includes("loops")) scope.loops = await allLoops(turn, around);
  return scope;
}

async function allLoops(
  turn: TurnState,
  around: ReturnType<typeof loopsAround>,
): Promise<NonNullable<EvaluationScope["loops"]>> {
  const loops: [string, { item: Json; index: number }][] = [];
  for (const { name, iteration } of around) {
    const item = await itemOf(turn, iteration);
    loops.push([name, { item, index: iterationIndex(iteration) }]);
  }
  return Object.fromEntries(loops);
}

async function itemOf(turn: TurnState, iteration: string): Promise<Json> {
  const { input } = turn.seen(iteration) ?? (await turn.step(iteration));
  return turn.values.atHand(input) ?? (await turn.values.read(input));
}
