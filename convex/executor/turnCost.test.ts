/** E7: a turn costs what it changes, not what its run has done before. */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  type Counted,
  usageOf,
} from "../../tests/support/executor/counted-usage";
import type { RunId } from "../../tests/support/executor/executor-harness";
import { present } from "../../tests/support/executor/present";
import {
  type Claimed,
  completedWith,
  type StagedExecutor,
  startStaged,
} from "../../tests/support/executor/staged-executor";
import { api } from "../_generated/api";
import { SILENCE } from "./effects/stepOutput";

const EARLY = 10;
const LATE = 1_000;
const LOOP = `().loop("all", {
  times: ${LATE + 100},
  do: (flow) => flow
    .http("ask", { request: ({ index }) => ({ url: "https://example.com/" + index }) })
    .condition("even", { if: ({ index }) => index % 2 === 0, then: (f) => f.code("a", () => 1), else: (f) => f.code("b", () => 2) }),
})`;

let executor: StagedExecutor;
const costs = new Map<string, Counted>();
beforeAll(async () => {
  executor = await startStaged();
  // However slow the machine is, no turn ends because its time is up.
  vi.spyOn(performance, "now").mockReturnValue(0);
  for (const count of [EARLY, LATE]) await measure(count);
}, 240_000);
afterAll(async () => {
  vi.restoreAllMocks();
  await executor?.stop();
});

/** A loop up to its iteration `count`; then that iteration, a replay of the whole and a cancel. */
async function measure(count: number): Promise<void> {
  const runId = await executor.publishAndStart(LOOP);
  let [task] = await executor.claim(1);
  for (let done = 0; done < count; done++) task = await answered(task);
  const note = async (what: string, act: () => Promise<unknown>) =>
    costs.set(`${what} ${count}`, await usageOf(act));
  await note("iteration", () => answered(task));
  await note("replay", () => replay(runId));
  await note("cancel", () =>
    executor.owner.mutation(api.workflowRuns.cancel, { runId }),
  );
}

/** Reports the task; the answer has the next iteration's. */
async function answered(task: Claimed | undefined): Promise<Claimed> {
  const { taskId } = present(task);
  const reports = [{ taskId, result: completedWith(1), output: SILENCE }];
  const answer = await executor.exchange({ reports, room: 1 });
  const [next] = answer.kind === "ok" ? answer.tasks : [];
  return next ?? (await afterContinuation());
}

/** On a slow machine a turn may leave the next iteration to its continuation. */
async function afterContinuation(): Promise<Claimed> {
  await executor.pass();
  const [task] = await executor.claim(1);
  return present(task);
}

async function replay(runId: RunId): Promise<void> {
  const replayed = await executor.owner.mutation(api.workflowRuns.replay, {
    runId,
    version: "original",
  });
  await executor.owner.mutation(api.workflowRuns.cancel, {
    runId: replayed.runId,
  });
}

describe("after a thousand iterations", () => {
  it.each(["iteration", "replay", "cancel"])(
    "the %s reads and writes what it does after ten",
    (what) => {
      const early = present(costs.get(`${what} ${EARLY}`));
      expect(early.writes).toBeGreaterThan(0);
      expect(costs.get(`${what} ${LATE}`)).toEqual(early);
    },
  );

  it("an iteration stays within what a turn of two steps may cost", () => {
    const { reads, queries, writes } = present(costs.get(`iteration ${LATE}`));
    expect(writes).toBeLessThanOrEqual(10);
    expect(reads).toBeLessThanOrEqual(10);
    expect(queries).toBeLessThanOrEqual(11);
  });
});

describe("the report of effects that follow each other", () => {
  it("asks for the number of the next event only where others have logged", async () => {
    const chain = `().http("a", { request: () => ({ url: "https://example.com" }) })
      .http("b", { request: () => ({ url: "https://example.com" }) })`;
    const [alone, shared] = [
      await executor.publishAndStart(chain),
      await executor.publishAndStart(chain),
    ];
    const tasks = await executor.claim(2);
    await executor.t.run(({ db }) =>
      db.patch("workflowRuns", shared, { isLogShared: true }),
    );
    const costOf = async (runId: RunId) =>
      await usageOf(() => answered(tasks.find((task) => task.runId === runId)));
    const [less, more] = [await costOf(alone), await costOf(shared)];
    expect(more.queries - less.queries).toBe(1);
    expect(more.writes).toBe(less.writes);
  });
});

/** What the start of a run costs that is over when it returns. */
async function costOfPureLoop(iterations: number): Promise<Counted> {
  const workflowId = await executor.publish(
    `import { workflow } from "lockstep";
export default workflow()
  .code("numbers", () => Array.from({ length: ${iterations} }, (_, index) => index))
  .loop("squares", {
    each: ({ steps }) => steps.numbers,
    concurrency: 10,
    do: (flow) => flow.code("square", ({ item }) => item * item),
  })
  .output(({ steps }) => steps.squares.length);`,
  );
  return await usageOf(() => executor.start(workflowId, {}));
}

describe("a loop of pure steps", () => {
  it("reads no more for many iterations than for few, and writes 64 of them as one row", async () => {
    const [few, many] = [await costOfPureLoop(5), await costOfPureLoop(80)];
    expect(many.queries).toBe(few.queries);
    expect(many.reads).toBe(few.reads);
    expect(many.writes - few.writes).toBe(1);
  });
});
