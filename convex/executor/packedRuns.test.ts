/** A run of pure steps, over in its first turn, shares a row: its steps are seen, asked for, replayed and audited as ever. */
import { beforeAll, describe, expect, it } from "vitest";
import type { RunId } from "../../tests/support/executor/executor-harness";
import {
  completed,
  keysOf,
  storedRows,
  useTimelessExecutor,
} from "../../tests/support/executor/packed-runs";
import { wrongHistories } from "../../tests/support/executor/run-histories";
import { api } from "../_generated/api";

const PURE = `().code("a", () => 1)
  .condition("large", {
    if: () => true,
    then: (flow) => flow
      .code("b", ({ steps }) => steps.a + 1)
      .loop("each", { times: 2, do: (f) => f.code("c", ({ index }) => index) }),
    else: (flow) => flow.code("never", () => 0),
  })
  .code("d", ({ steps }) => steps.a + 2)
  .code("e", ({ steps }) => steps.d + 1)`;
const ROOTS = ["a", "large", "large/b", "large/each", "d", "e"];

/** Together more than 64 KiB. */
const LARGE = Array.from({ length: 150 }, (_, n) => `s${100 + n}`);

const executor = useTimelessExecutor();

const rowsOf = (runId: RunId) => storedRows(executor, runId);
const listed = (runId: RunId) =>
  executor.owner.query(api.stepExecutions.listByRun, { runId });

async function replayed(runId: RunId, fromStep: string): Promise<RunId> {
  const replay = await executor.owner.mutation(api.workflowRuns.replay, {
    runId,
    version: "original",
    fromStep,
  });
  await completed(executor, replay.runId);
  return replay.runId;
}

describe("a run that is over in its first turn", () => {
  let runId: RunId;
  beforeAll(async () => {
    runId = await executor.publishAndStart(PURE);
    await completed(executor, runId);
  });

  it("has one row for all steps in no loop", async () => {
    expect(keysOf(await rowsOf(runId)).sort()).toEqual(["", "large/each[0]"]);
    expect([...(await executor.steps(runId)).keys()].sort()).toEqual(
      [
        ...ROOTS,
        ...["large/each[0]", "large/each[0]/c"],
        ...["large/each[1]", "large/each[1]/c"],
      ].sort(),
    );
  });

  it("lists them in the order of their definition, with where they are defined", async () => {
    const steps = await listed(runId);
    expect(keysOf(steps)).toEqual(ROOTS);
    expect(steps[0]).toMatchObject({
      kind: "code",
      label: "a",
      parentKey: null,
      output: { preview: "1" },
      source: { line: 2 },
    });
    expect(steps[1]).toMatchObject({ kind: "condition", branch: "then" });
    expect(steps[2]).toMatchObject({ parentKey: "large", sequence: 2 });
    expect(steps[3]).toMatchObject({ loop: { total: 2, completed: 2 } });
  });

  it("opens the loop among them", async () => {
    const { page } = await executor.owner.query(
      api.stepExecutions.listChildren,
      {
        runId,
        parentKey: "large/each",
        paginationOpts: { numItems: 10, cursor: null },
      },
    );
    expect(keysOf(page)).toEqual(["large/each[0]", "large/each[1]"]);
  });

  it("tells the one attempt of each, and of none that it has not", async () => {
    const attemptsOf = (stepKey: string) =>
      executor.owner.query(api.stepExecutions.listAttempts, { runId, stepKey });
    expect(await attemptsOf("large/b")).toMatchObject([
      { number: 1, status: "completed", output: { preview: "2" } },
    ]);
    for (const missing of ["", "large/never", "f", "large/each[2]"])
      expect(await attemptsOf(missing)).toEqual([]);
  });

  it("refuses to skip or retry a step of it, as of any that has ended", async () => {
    for (const act of [
      api.stepExecutions.skipDelay,
      api.stepExecutions.retryNow,
    ])
      await expect(
        executor.owner.mutation(act, { runId, stepKey: "d" }),
      ).rejects.toThrow(/conflict/);
  });

  it("is replayed from any of its steps, and so is the replay: what is before is reused", async () => {
    for (const fromStep of ["d", "large/each", "large/each[1]"]) {
      const first = await replayed(runId, fromStep);
      const again = await replayed(first, "e");
      for (const run of [first, again])
        expect(keysOf(await listed(run))).toEqual(ROOTS);
      const of = new Map((await listed(again)).map((step) => [step.key, step]));
      const { number } = await executor.run(runId);
      expect(of.get("a")?.reusedFrom).toEqual({ runId, number });
      expect(of.get("large/b")?.reusedFrom).toEqual({ runId, number });
      expect(of.get("e")?.reusedFrom ?? null).toBeNull();
      expect(
        (await executor.steps(again)).get("large/each[0]/c"),
      ).toMatchObject({ output: { preview: "0" } });
    }
  });
});

describe("each step has a row of its own", () => {
  it.each([
    ["there is one alone", `().code("a", () => 1)`, ["a"]],
    [
      "one logs",
      `().code("a", () => 1).code("b", () => { console.log("here"); return 2; })`,
      ["a", "b"],
    ],
    [
      "one failed and the run went on",
      `().code("a", () => { throw new Error("no"); }, { onError: "continue" }).code("b", () => 2)`,
      ["a", "b"],
    ],
    [
      "the run takes another turn",
      `().code("a", () => 1).delay("nap", 1).code("b", () => 2).code("c", () => 3)`,
      ["a", "b", "c", "nap"],
    ],
    [
      "their values are too large to share one",
      `()${LARGE.map((key) => `.code("${key}", () => "x".repeat(480))`).join("")}`,
      LARGE,
    ],
  ])("when %s", async (_, source, keys) => {
    const runId = await executor.publishAndStart(source);
    await completed(executor, runId);
    expect(keysOf(await rowsOf(runId)).sort()).toEqual(keys);
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
