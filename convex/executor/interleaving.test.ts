/**
 * Everything that can happen to runs, in any order. A seed that failed is repeated with `EXECUTOR_SEED=… npx vitest run
 * convex/executor/interleaving.test.ts`; `EXECUTOR_MINUTES=15` goes on for so long with new ones.
 */
import { afterEach, expect, it, vi } from "vitest";
import { Interleaving } from "../../tests/support/executor/interleaving";
import {
  episodes,
  givenSeed,
  MINUTES,
  TIMEOUT_MS,
} from "../../tests/support/executor/interleaving-plan";
import { RARE_KINDS } from "../../tests/support/executor/kinds-seen";
import {
  type StagedExecutor,
  startStaged,
} from "../../tests/support/executor/staged-executor";

const SEED = "EXECUTOR_SEED";
/** In these happens all that `kinds-seen.ts` asks for. */
const USUAL = [2, 3, 4, 6, 12];

let executor: StagedExecutor | undefined;
afterEach(() => executor?.stop());

async function play(seed: number): Promise<Interleaving> {
  executor = await startStaged();
  const episode = new Interleaving(executor, seed);
  try {
    await episode.play();
  } catch (error) {
    throw new Error(`${SEED}=${seed}`, { cause: error });
  }
  expect(episode.found, `${SEED}=${seed}`).toEqual([]);
  await executor.stop();
  return episode;
}

it(
  "every run comes to where the reference says, whatever happens in which order",
  { timeout: TIMEOUT_MS },
  async () => {
    // A wrong event or vote is refused, which is said there too.
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const seen = new Set<string>();
    let count = 0;
    for (const seed of episodes(SEED, USUAL)) {
      const episode = await play(seed);
      for (const kind of episode.seen) seen.add(kind);
      count += 1;
      if (MINUTES > 0) console.log(`${SEED}=${seed} is over`);
    }
    console.log(`${count} episodes`);
    if (givenSeed(SEED) === null)
      expect([...seen]).toEqual(expect.arrayContaining(RARE_KINDS));
  },
);
