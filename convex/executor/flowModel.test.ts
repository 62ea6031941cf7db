/**
 * Limits of starts under everything that can happen to them. A seed that failed is repeated with `FLOW_SEED=… npx vitest
 * run convex/executor/flowModel.test.ts`; `EXECUTOR_MINUTES=15` goes on for so long with new ones.
 */
import { afterEach, expect, it } from "vitest";
import { FlowEpisode } from "../../tests/support/executor/flow-episode";
import {
  episodes,
  TIMEOUT_MS,
} from "../../tests/support/executor/interleaving-plan";
import {
  type StagedExecutor,
  startStaged,
} from "../../tests/support/executor/staged-executor";

const USUAL = [1, 2, 3, 4, 5, 6, 7, 8];

let executor: StagedExecutor | undefined;
afterEach(() => executor?.stop());

it(
  "never more at once than may be, nobody waits where there is room, the best goes first",
  { timeout: TIMEOUT_MS },
  async () => {
    for (const seed of episodes("FLOW_SEED", USUAL)) {
      executor = await startStaged();
      const episode = new FlowEpisode(executor, seed);
      await episode.play();
      expect(episode.found, `FLOW_SEED=${seed}`).toEqual([]);
      await executor.stop();
    }
  },
);
