/**
 * The output of a loop: the results of its iterations in order, null for those that failed. One transaction could not
 * read those of a long loop, so they are first put together in chunks, over as many turns as that takes.
 */
import type { Json } from "../../language/evaluation";
import type { LoopStep } from "../../language/graph";
import { CHUNK } from "../../model/stepPacks";
import { MAX_PAYLOAD_BYTES, type PayloadRef } from "../../model/payloads";
import { failure } from "../../steps/stepBegin";
import type { StepError } from "../../validators/steps";
import { countResultChunks, listResultChunks, storeResults } from "./loopItems";
import type { TurnState } from "./turnState";

/** Loops that are not longer are gathered in the turn in which they end. */
const AT_ONCE = 200;
/** What a chunk takes of the budget of a turn, in steps. */
const CHUNK_STEPS = 10;

export type Gathered =
  | { kind: "more" }
  | { kind: "complete"; output: Json }
  | { kind: "fail"; error: StepError };

export async function gatherResults(
  turn: TurnState,
  key: string,
  { loop, count }: { loop: LoopStep; count: number },
): Promise<Gathered> {
  if (count <= AT_ONCE) {
    const results = await resultsOf(turn, key, { from: 0, to: count });
    return results === null
      ? tooLarge(loop)
      : { kind: "complete", output: results };
  }
  const chunk = await countResultChunks(turn, key);
  const from = chunk * CHUNK;
  if (from >= count) return await joinChunks(turn, key, loop);
  const to = Math.min(from + CHUNK, count);
  const results = await resultsOf(turn, key, { from, to });
  if (results === null) return tooLarge(loop);
  await storeResults(turn, key, chunk, results);
  turn.stepsTaken += CHUNK_STEPS;
  return { kind: "more" };
}

async function joinChunks(
  turn: TurnState,
  key: string,
  loop: LoopStep,
): Promise<Gathered> {
  const chunks = await valuesOf(turn, await listResultChunks(turn, key));
  return chunks === null
    ? tooLarge(loop)
    : { kind: "complete", output: chunks.flat(1) };
}

async function resultsOf(
  turn: TurnState,
  key: string,
  range: { from: number; to: number },
): Promise<Json[] | null> {
  const iterations = await turn.iterations(key, range);
  return await valuesOf(
    turn,
    iterations.map(({ output }) => output),
  );
}

/** Null when they are larger together than one payload may be: then they are not even read. */
async function valuesOf(
  turn: TurnState,
  refs: readonly (PayloadRef | null)[],
): Promise<Json[] | null> {
  const bytes = refs.reduce((sum, ref) => sum + (ref?.bytes ?? 0), 0);
  if (bytes > MAX_PAYLOAD_BYTES) return null;
  const values: Json[] = [];
  for (const ref of refs)
    values.push(turn.values.atHand(ref) ?? (await turn.values.read(ref)));
  return values;
}

function tooLarge({ label }: LoopStep): Gathered {
  return {
    kind: "fail",
    error: failure(
      "payload_too_large",
      `The results of loop "${label}" are larger than 16 MiB together. Let its last step give less, and keep large data elsewhere.`,
    ),
  };
}
