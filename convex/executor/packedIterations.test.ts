/** Iterations that share rows are seen, asked for, replayed and audited as those with rows of their own. */
import { beforeAll, describe, expect, it } from "vitest";
import type { RunId } from "../../tests/support/executor/executor-harness";
import {
  completed,
  keysOf,
  storedRows,
  useTimelessExecutor,
} from "../../tests/support/executor/packed-runs";
import { present } from "../../tests/support/executor/present";
import { wrongHistories } from "../../tests/support/executor/run-histories";
import { api } from "../_generated/api";
import type { StepRow } from "../validators/steps";

const FIFTY = `().loop("squares", {
  times: 50,
  do: (flow) => flow
    .code("square", ({ index }) => index * index)
    .condition("even", { if: ({ index }) => index % 2 === 0, then: (f) => f.code("half", ({ index }) => index / 2) }),
}).code("sum", ({ steps }) => steps.squares.length)`;

const executor = useTimelessExecutor();

const rowsOf = (runId: RunId) => storedRows(executor, runId);
const ended = (runId: RunId) => completed(executor, runId);

async function page(
  runId: RunId,
  parentKey: string,
  { numItems = 1_000, cursor = null as string | null } = {},
) {
  const paginationOpts = { numItems, cursor };
  return await executor.owner.query(api.stepExecutions.listChildren, {
    runId,
    parentKey,
    paginationOpts,
  });
}

async function allPages(runId: RunId, parentKey: string, numItems: number) {
  const found: StepRow[] = [];
  let cursor: string | null = null;
  for (;;) {
    const part: Awaited<ReturnType<typeof page>> = await page(
      runId,
      parentKey,
      { numItems, cursor },
    );
    expect(part.page.length).toBeLessThanOrEqual(numItems);
    found.push(...part.page);
    if (part.isDone) return found;
    cursor = part.continueCursor;
  }
}

const indexesOf = (steps: readonly StepRow[]) =>
  steps.map(({ sequence }) => sequence);
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

describe("a loop whose iterations begin and complete in one turn", () => {
  let runId: RunId;
  beforeAll(async () => {
    runId = await executor.publishAndStart(FIFTY);
    await ended(runId);
  });

  it("is one row beside that of what is around it, however many iterations it has", async () => {
    expect(keysOf(await rowsOf(runId)).sort()).toEqual(["", "squares[0]"]);
    expect((await executor.steps(runId)).size).toBe(2 + 50 * 3 + 25);
  });

  it.each([7, 50, 64, 1_000])(
    "lists its iterations in order, %i to a page",
    async (numItems) => {
      const iterations = await allPages(runId, "squares", numItems);
      expect(indexesOf(iterations)).toEqual(upTo(50));
      expect(iterations[7]).toMatchObject({
        key: "squares[7]",
        kind: "iteration",
        label: "#8",
        parentKey: "squares",
        state: { kind: "completed" },
        input: { preview: "7" },
      });
    },
  );

  it("lists the steps of each in the order of their definition, with where they are defined", async () => {
    const steps = (await page(runId, "squares[8]")).page;
    expect(keysOf(steps)).toEqual([
      "squares[8]/square",
      "squares[8]/even",
      "squares[8]/even/half",
    ]);
    expect(steps[0]).toMatchObject({
      output: { preview: "64" },
      source: { line: 5 },
    });
    expect(steps[1]).toMatchObject({ kind: "condition", branch: "then" });
    const paged = await allPages(runId, "squares[8]", 2);
    expect(keysOf(paged)).toEqual(keysOf(steps));
  });

  it("tells the one attempt of a step, and that it logged nothing", async () => {
    const of = { runId, stepKey: "squares[8]/square" };
    const { owner } = executor;
    const attempts = await owner.query(api.stepExecutions.listAttempts, of);
    expect(attempts).toMatchObject([
      { number: 1, status: "completed", output: { preview: "64" } },
    ]);
    const lines = await owner.query(api.stepOutput.listLines, {
      ...of,
      attempt: 1,
      paginationOpts: { numItems: 10, cursor: null },
    });
    expect(lines.page).toEqual([]);
  });

  it("has no step that it has not", async () => {
    for (const stepKey of [
      "squares[50]",
      "squares[7]/even/half",
      "squares[7]/x",
    ])
      expect(
        await executor.owner.query(api.stepExecutions.listAttempts, {
          runId,
          stepKey,
        }),
      ).toEqual([]);
    expect((await page(runId, "squares[50]")).page).toEqual([]);
  });

  it("refuses to skip or retry a step of it, as of any that has ended", async () => {
    const of = { runId, stepKey: "squares[8]/square" };
    for (const act of [
      api.stepExecutions.skipDelay,
      api.stepExecutions.retryNow,
    ])
      await expect(executor.owner.mutation(act, of)).rejects.toThrow(
        /conflict/,
      );
  });

  it("is replayed from within: earlier iterations are reused, and are packed again", async () => {
    const replay = await executor.owner.mutation(api.workflowRuns.replay, {
      runId,
      version: "original",
      fromStep: "squares[20]/even",
    });
    const { output } = await ended(replay.runId);
    expect(output).toEqual((await executor.run(runId)).output);
    const steps = await executor.steps(replay.runId);
    expect([...steps.keys()].sort()).toEqual(
      [...(await executor.steps(runId)).keys()].sort(),
    );
    const isReused = (key: string) =>
      steps.get(key)?.reusedFrom?.runId === runId;
    expect(isReused("squares[19]")).toBe(true);
    expect(isReused("squares[19]/square")).toBe(true);
    expect(isReused("squares[20]/square")).toBe(true);
    expect(isReused("squares[20]/even")).toBe(false);
    expect(isReused("squares[21]")).toBe(false);
    expect((await rowsOf(replay.runId)).length).toBeLessThan(40);
  });

  it("is reused whole by a replay from a step after it, and by one of that", async () => {
    let from = runId;
    for (let times = 0; times < 2; times++) {
      const replay = await executor.owner.mutation(api.workflowRuns.replay, {
        runId: from,
        version: "original",
        fromStep: "sum",
      });
      from = replay.runId;
      await ended(from);
    }
    const iterations = await allPages(from, "squares", 20);
    expect(indexesOf(iterations)).toEqual(upTo(50));
    const { number } = await executor.run(runId);
    for (const { reusedFrom } of iterations)
      expect(reusedFrom).toEqual({ runId, number });
    expect(await rowsOf(from)).toHaveLength(3);
  });
});

describe("an iteration keeps rows of its own", () => {
  it.each([
    ["waits", `flow.code("a", () => 1).delay("nap", 1)`],
    ["logs", `flow.code("a", () => { console.log("here"); return 1; })`],
    [
      "has a step that failed",
      `flow.condition("c", { if: () => true, onError: "continue", then: (f) => f.code("a", () => { throw new Error("no"); }) })`,
    ],
    [
      "has a branch that was cut off",
      `flow.parallel("p", { slow: (f) => f.delay("long", "1h"), fast: (f) => f.code("a", () => 1) }, { mode: "race" })`,
    ],
  ])("when it %s", async (_, body) => {
    const runId = await executor.publishAndStart(
      `().loop("all", { times: 2, do: (flow) => ${body} })`,
    );
    await ended(runId);
    const rows = await rowsOf(runId);
    expect(rows.filter(({ packed }) => packed !== undefined)).toEqual([]);
    expect(keysOf(rows)).toContain("all[1]");
  });

  it("and those inside it are packed", async () => {
    const runId = await executor.publishAndStart(`().loop("outer", {
      times: 2,
      do: (flow) => flow
        .loop("inner", { times: 3, do: (f) => f.code("a", ({ loops }) => loops.outer.index * 10 + loops.inner.index) })
        .delay("nap", 1)
        .code("sum", ({ steps }) => steps.inner),
    })`);
    await ended(runId);
    const packs = (await rowsOf(runId)).filter(({ packed }) => packed);
    expect(keysOf(packs)).toEqual(["outer[0]/inner[0]", "outer[1]/inner[0]"]);
    const inner = await allPages(runId, "outer[1]/inner", 2);
    expect(inner.map(({ output }) => output?.preview)).toEqual([
      "10",
      "11",
      "12",
    ]);
    expect((await executor.steps(runId)).get("outer[1]/sum")).toMatchObject({
      output: { preview: "[10,11,12]" },
    });
  });
});

describe("a loop inside a packed iteration", () => {
  it("is opened like any other", async () => {
    const runId = await executor.publishAndStart(`().loop("outer", {
      times: 3,
      do: (flow) => flow.loop("inner", { times: 5, do: (f) => f.code("a", ({ index }) => index) }),
    })`);
    await ended(runId);
    expect(await rowsOf(runId)).toHaveLength(2);
    const inner = await allPages(runId, "outer[2]/inner", 2);
    expect(indexesOf(inner)).toEqual(upTo(5));
    const [step] = (await page(runId, "outer[2]/inner[4]")).page;
    expect(step).toMatchObject({
      key: "outer[2]/inner[4]/a",
      output: { preview: "4" },
    });
    expect((await page(runId, "outer[2]")).page).toMatchObject([
      { key: "outer[2]/inner", loop: { total: 5, completed: 5 } },
    ]);
  });
});

describe("a loop of several turns", () => {
  it("goes on with what the last iteration gave, and has every result in its place", async () => {
    const runId = await executor.publishAndStart(`().loop("grow", {
      while: ({ index }) => index < 450,
      do: (flow) => flow.code("next", ({ index }) => index + 1),
    })
    .loop("chain", {
      while: ({ last }) => last === null || last < 300,
      do: (flow) => flow.code("next", ({ index }) => index + 1),
    })
    .output(({ steps }) => [steps.grow.at(-1), steps.grow.length, steps.grow[399], steps.chain.length])`);
    await executor.pass(5_000);
    const run = await ended(runId);
    expect(present(run.output).preview).toBe("[450,450,400,300]");
    const rows = await rowsOf(runId);
    expect(rows.length).toBeLessThan(60);
    expect(indexesOf(await allPages(runId, "grow", 130))).toEqual(upTo(450));
    const last = await page(runId, "grow", { numItems: 20, cursor: "440" });
    expect(indexesOf(last.page)).toEqual(upTo(450).slice(440));
    expect(last.isDone).toBe(true);
  });
});

describe("a page of steps", () => {
  it("is refused for a cursor that no page gave", async () => {
    const runId = await executor.publishAndStart(FIFTY);
    await ended(runId);
    for (const cursor of ["-1", "1.5", "NaN", "next", ""])
      await expect(page(runId, "squares", { cursor })).rejects.toThrow(
        /invalid_argument/,
      );
  });
});

describe("all of these runs", () => {
  it("are as their histories say, and the audit finds nothing", async () => {
    expect(
      wrongHistories({
        runs: await executor.rows("workflowRuns"),
        steps: await executor.rows("stepExecutions"),
        chunks: await executor.rows("runEvents"),
      }),
    ).toEqual([]);
    expect(await executor.stuckRuns()).toEqual([]);
  });
});
