/** E7: what a start of pure steps reads and writes is what it needs, however often the workflow has run. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Counted,
  usageOf,
} from "../../tests/support/executor/counted-usage";
import {
  type StagedExecutor,
  startStaged,
} from "../../tests/support/executor/staged-executor";

const CHAIN = `().code("a", () => 1)
  .code("b", ({ steps }) => steps.a + 1)
  .code("c", ({ steps }) => steps.b + 1)
  .code("d", ({ steps }) => steps.c + 1)
  .code("e", ({ steps }) => steps.d + 1)
  .output(({ steps }) => steps.e)`;

let executor: StagedExecutor;
beforeAll(async () => {
  executor = await startStaged();
  // Version and program are read once in a process.
  await executor.publishAndStart(CHAIN);
});
afterAll(() => executor?.stop());

const startCost = (): Promise<Counted> =>
  usageOf(() => executor.publishAndStart(CHAIN));

describe("the start of five code steps and an output", () => {
  it("reads who starts what, its bucket and its number, and writes each row once but the run's: the steps share one", async () => {
    expect(await startCost()).toEqual({ reads: 8, queries: 8, writes: 6 });
  });

  it("costs the same the next time", async () => {
    expect(await startCost()).toEqual(await startCost());
  });
});
