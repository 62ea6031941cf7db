/**
 * Everything that can happen to runs, in any order. A seed that failed is repeated with `EXECUTOR_SEED=… npx vitest run
 * convex/executor/interleaving.test.ts`; `EXECUTOR_MINUTES=15` goes on for so long with new ones.
 */
import { afterEach, expect, it, vi } from "vitest";
import { Interleaving } from "../../tests/support/executor/interleaving";
import {
  episodes,
  MINUTES,
} from "../../tests/support/executor/interleaving-plan";
import {
  type StagedExecutor,
  startStaged,
} from "../../tests/support/executor/staged-executor";

let executor: StagedExecutor | undefined;
afterEach(() => executor?.stop());

async function play(seed: number): Promise<void> {
  executor = await startStaged();
  const episode = new Interleaving(executor, seed);
  try {
    await episode.play();
  } catch (error) {
    throw new Error(`EXECUTOR_SEED=${seed}`, { cause: error });
  }
  expect(episode.found, `EXECUTOR_SEED=${seed}`).toEqual([]);
  await executor.stop();
}

it(
  "every run comes to where the reference says, whatever happens in which order",
  { timeout: MINUTES * 60_000 + 120_000 },
  async () => {
    // A wrong event or vote is refused, which is said there too.
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    let count = 0;
    for (const seed of episodes()) {
      await play(seed);
      count += 1;
      if (MINUTES > 0) console.log(`EXECUTOR_SEED=${seed} is over`);
    }
    console.log(`${count} episodes`);
  },
);
