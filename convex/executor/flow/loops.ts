/**
 * Iterations of a loop: a sliding window over counters on the loop's row. Nothing here reads the iterations already
 * done; their results are read once, when all have ended (`loopResults.ts`).
 */
import type { Json } from "../../language/evaluation";
import type { LoopStep } from "../../language/graph";
import type { StepError } from "../../validators/steps";
import { tooMany } from "../../steps/loop";
import { childKey, iterationKey, parentKeyOf } from "./keys";
import { itemAt, storeItems } from "./loopItems";
import { gatherResults } from "./loopResults";
import { countIterations, countWhile } from "./stepLimit";
import { evaluateStep } from "./stepScope";
import {
  isStepEnded,
  loopAt,
  type LoopCounts,
  nextOfLoop,
  type Work,
} from "./transitions";
import type { TurnState } from "./turnState";

/** What becomes of a loop: iterations to begin, or its own end. */
export type LoopMove =
  | { kind: "work"; work: Work[] }
  | { kind: "complete"; output: Json }
  | { kind: "fail"; error: StepError };

/** Iterations that are started without looking at the budget; fewer when each calls user code for its name. */
const PORTION = 100;
const NAMED_PORTION = 5;

export async function beginIterations(
  turn: TurnState,
  key: string,
  begun: { total: number | null; items: Json[] | null },
): Promise<LoopMove> {
  const input =
    begun.items === null ? null : await turn.values.store(begun.items);
  const loop = { total: begun.total, completed: 0, failed: 0, running: 0 };
  await turn.change(key, { loop, input });
  const refused = countIterations(turn, key, {
    loop: loopAt(turn.graph, key),
    iterations: begun.total ?? 0,
  });
  if (refused !== null) return { kind: "fail", error: refused };
  if (begun.items !== null) await storeItems(turn, key, begun.items);
  return await startMore(turn, key);
}

/** The counters are changed exactly when an iteration's state becomes final. */
export async function recordIterationEnd(
  turn: TurnState,
  iteration: string,
  end: "completed" | "failed",
): Promise<void> {
  const key = loopKeyOf(iteration);
  const counts = await countsOf(turn, key);
  const running = counts.running - 1;
  const loop = { ...counts, running };
  loop[end] += 1;
  await turn.change(key, { loop });
}

/** Also after an iteration has ended. */
export async function startMore(
  turn: TurnState,
  key: string,
): Promise<LoopMove> {
  const row = turn.seen(key) ?? (await turn.step(key));
  if (isStepEnded(row.state)) return begin([]);
  const loop = loopAt(turn.graph, key);
  const next = nextOfLoop(loop, countsIn(row));
  switch (next.kind) {
    case "wait":
      return begin([]);
    case "done":
      return await gather(turn, key, loop);
    case "askWhile":
      return await askWhile(turn, key, { loop, index: next.index });
    case "startIterations":
      return begin(await startIterations(turn, key, { ...next, loop }));
  }
}

/** A wide window fills in portions, so that the turn's budget is looked at between them. */
async function startIterations(
  turn: TurnState,
  key: string,
  { loop, from, to }: { loop: LoopStep; from: number; to: number },
): Promise<Work[]> {
  const end = Math.min(to, from + (loop.hasKey ? NAMED_PORTION : PORTION));
  const work: Work[] = [];
  for (let index = from; index < end; index++)
    work.push(...(await startIteration(turn, key, { loop, index })));
  if (end < to) work.push({ do: "advance", key: iterationKey(key, end - 1) });
  return work;
}

async function askWhile(
  turn: TurnState,
  key: string,
  { loop, index }: { loop: LoopStep; index: number },
): Promise<LoopMove> {
  const last =
    index === 0 ? null : await turn.step(iterationKey(key, index - 1));
  const extra = {
    index,
    last: last === null ? null : await turn.values.read(last.output),
  };
  const result = await evaluateStep(turn, key, {
    node: loop,
    slot: "while",
    extra,
  });
  if (result.kind === "failed") return { kind: "fail", error: result.error };
  const isDone = !result.value;
  const over = countWhile(turn, key, { loop, index, isDone });
  if (over !== null && !isDone) return { kind: "fail", error: over };
  if (isDone) {
    await turn.change(key, {
      loop: { ...(await countsOf(turn, key)), total: index },
    });
    return await gather(turn, key, loop);
  }
  const refused = tooMany(loop, index + 1);
  if (refused?.kind === "failed") return { kind: "fail", error: refused.error };
  return begin(await startIteration(turn, key, { loop, index }));
}

/** In the order of their indexes, unless a replay starts one anew whose successors are reused. */
export async function startIteration(
  turn: TurnState,
  key: string,
  { loop, index }: { loop: LoopStep; index: number },
): Promise<Work[]> {
  const counts = await countsOf(turn, key);
  await turn.change(key, { loop: { ...counts, running: counts.running + 1 } });
  const iteration = iterationKey(key, index);
  const item = loop.mode === "each" ? await itemAt(turn, key, index) : index;
  turn.addIteration(iteration, { input: await turn.values.store(item) });
  if (loop.hasKey) await nameIteration(turn, key, { loop, item, index });
  const first = loop.body[0];
  return first === undefined
    ? []
    : [{ do: "start", key: childKey(iteration, first.name) }];
}

/** A key that cannot be told is not worth failing an iteration for: the index stands in. */
async function nameIteration(
  turn: TurnState,
  key: string,
  { loop, item, index }: { loop: LoopStep; item: Json; index: number },
): Promise<void> {
  const result = await evaluateStep(turn, key, {
    node: loop,
    slot: "key",
    extra: { item, index },
  });
  if (result.kind === "failed" || result.value === null) return;
  const text =
    typeof result.value === "string"
      ? result.value
      : JSON.stringify(result.value);
  await turn.change(iterationKey(key, index), { label: text.slice(0, 100) });
}

/** Many results take several turns, each of which comes here again. */
async function gather(
  turn: TurnState,
  key: string,
  loop: LoopStep,
): Promise<LoopMove> {
  const { completed, failed } = await countsOf(turn, key);
  const count = completed + failed;
  const gathered = await gatherResults(turn, key, { loop, count });
  return gathered.kind === "more"
    ? begin([{ do: "advance", key: iterationKey(key, count - 1) }])
    : gathered;
}

function begin(work: Work[]): LoopMove {
  return { kind: "work", work };
}

async function countsOf(turn: TurnState, key: string): Promise<LoopCounts> {
  return countsIn(turn.seen(key) ?? (await turn.step(key)));
}

function countsIn({
  key,
  loop,
}: {
  key: string;
  loop: LoopCounts | null;
}): LoopCounts {
  if (loop === null) throw new Error(`${key} has no loop counters`);
  return loop;
}

/** The loop that an iteration belongs to. */
export function loopKeyOf(iteration: string): string {
  const key = parentKeyOf(iteration);
  if (key === null) throw new Error(`${iteration} is not an iteration`);
  return key;
}
