import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DAY_MS, Keeper, RICH } from "../../tests/support/executor/keeper";
import { orphans } from "../../tests/support/executor/orphans";
import { present } from "../../tests/support/executor/present";
import {
  type StagedExecutor,
  startStaged,
} from "../../tests/support/executor/staged-executor";
import { addMember } from "../../tests/support/product-test";
import { api, internal } from "../_generated/api";
import type { TableNames } from "../_generated/dataModel";

const HOUR_MS = 3_600_000;

let executor: StagedExecutor;
let keeper: Keeper;
beforeAll(async () => {
  executor = await startStaged();
  keeper = new Keeper(executor);
}, 60_000);
afterAll(() => executor?.stop());

async function countOf(table: TableNames): Promise<number> {
  return (await executor.rows(table)).length;
}

describe("how long runs are kept", () => {
  it("is 30 days unless the workflow says otherwise", async () => {
    const runId = await keeper.started(`().code("a", () => 1)`);
    await executor.pass(DAY_MS * 29);
    await keeper.clean();
    expect(await keeper.runIds()).toContain(runId);
    await executor.pass(DAY_MS + HOUR_MS);
    await keeper.clean();
    expect(await keeper.runIds()).toEqual([]);
  });

  it("is what people who may edit say, counted from the end of the run", async () => {
    const workflowId = await keeper.workflow(
      `().delay("sleep", "40d").code("a", () => 1)`,
    );
    const runId = await executor.start(workflowId, {});
    await keeper.keepDays(workflowId, 3);
    await executor.pass(DAY_MS * 39);
    await keeper.clean();
    expect(await keeper.runIds()).toEqual([runId]);
    await executor.pass(DAY_MS * 3);
    await keeper.clean();
    expect(await keeper.runIds()).toEqual([runId]);
    await executor.pass(DAY_MS * 1.1);
    expect(await keeper.clean()).toMatchObject({ runs: 1 });
    expect(await keeper.runIds()).toEqual([]);
  });

  it("is for ever when the workflow says so, also after it was removed", async () => {
    const workflowId = await keeper.workflow(`().code("a", () => 1)`);
    const runId = await executor.start(workflowId, {});
    await keeper.keepFor(workflowId, { kind: "forever" });
    await executor.pass(DAY_MS * 400);
    await keeper.clean();
    expect(await keeper.runIds()).toEqual([runId]);
    await executor.owner.mutation(api.workflows.remove, { workflowId });
    await executor.pass(DAY_MS * 400);
    await keeper.clean();
    expect(await keeper.runIds()).toEqual([runId]);
    await executor.t.run(async ({ db }) => {
      for (const { _id } of await db.query("runCounters").collect())
        await db.patch("runCounters", _id, { retention: undefined });
    });
    await keeper.clean();
    expect(await keeper.runIds()).toEqual([]);
  });

  it.each([0, -1, 1.5, 3_651, Number.NaN])(
    "cannot be %s days",
    async (days) => {
      const workflowId = await keeper.workflow(`().code("a", () => 1)`);
      await expect(keeper.keepDays(workflowId, days)).rejects.toMatchObject({
        data: { code: "invalid_argument", field: "retention" },
      });
    },
  );

  it("cannot be changed by people who may not edit", async () => {
    const workflowId = await keeper.workflow(`().code("a", () => 1)`);
    const { organizationId, t } = executor;
    const retention = { kind: "forever" } as const;
    const operator = await addMember(t, organizationId, "operator");
    await expect(
      operator.mutation(api.workflows.updateRetention, {
        workflowId,
        retention,
      }),
    ).rejects.toMatchObject({ data: { code: "forbidden" } });
    const editor = await addMember(t, organizationId, "editor");
    await editor.mutation(api.workflows.updateRetention, {
      workflowId,
      retention,
    });
    const shown = await operator.query(api.workflows.get, { workflowId });
    expect(shown).toMatchObject({ retention });
  });
});

describe("what is deleted with a run", () => {
  it("is everything that is its own, with its files", async () => {
    const runId = await keeper.started(RICH, { size: 100_000, items: 3 });
    await executor.owner.mutation(api.events.sendToRun, {
      runId,
      name: "unheard",
    });
    await executor.pass(DAY_MS * 31);
    expect(await keeper.files()).not.toEqual([]);
    await keeper.clean();
    expect(await keeper.left()).toEqual([]);
  });

  it("leaves a file that another run has", async () => {
    const source = await keeper.started(RICH, { size: 100_000, items: 1 });
    await executor.pass(DAY_MS * 15);
    const replay = await keeper.replayFrom(source, "boss");
    await executor.pass(DAY_MS * 16);
    expect(await keeper.files()).toHaveLength(3);
    await keeper.clean();
    expect(await keeper.runIds()).toEqual([replay]);
    expect(await keeper.files()).toHaveLength(2);
    expect(await orphans(executor.t)).toEqual([]);
    await executor.pass(DAY_MS * 31);
    await keeper.clean();
    expect(await keeper.files()).toEqual([]);
  });

  it("is deleted in portions, and nobody sees half a run", async () => {
    const runId = await keeper.started(RICH, { size: 10, items: 600 });
    await executor.pass(DAY_MS * 31);
    const steps = await countOf("stepExecutions");
    const { t } = executor;
    await t.mutation(internal.executor.retention.sweep, {});
    await t.mutation(internal.executor.retention.work, { portion: 0 });
    expect(await countOf("runRemovals")).toBe(1);
    const left = await countOf("stepExecutions");
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(steps);
    const { owner, organizationId } = executor;
    expect(await owner.query(api.workflowRuns.get, { runId })).toBeNull();
    const over = await owner.query(api.approvals.list, {
      organizationId,
      view: "over",
      mine: false,
      paginationOpts: { numItems: 10, cursor: null },
    });
    expect(over.page).toEqual([]);
    await keeper.clean();
    expect(await keeper.left()).toEqual([]);
  });
});

describe("what is never deleted", () => {
  it("is a run that has not ended, however old it is", async () => {
    const asleep = await keeper.started(`().delay("sleep", "200d")`);
    const waiting = await keeper.started(
      `().waitForEvent("it", { event: "never" })`,
    );
    await executor.pass(DAY_MS * 100);
    await keeper.clean();
    expect(await keeper.runIds()).toEqual([asleep, waiting]);
    const { owner } = executor;
    for (const runId of [asleep, waiting])
      await owner.mutation(api.workflowRuns.cancel, { runId });
    await executor.pass(DAY_MS * 31);
    await keeper.clean();
  });

  it("is a run inside one that has not ended", async () => {
    await keeper.workflow(`().code("a", () => 1)`);
    const inner = present((await executor.rows("workflows")).at(-1));
    const parent = await keeper.started(
      `().run("inner", { workflow: "${inner.slug}", input: () => ({}) }).delay("sleep", "60d")`,
    );
    await executor.pass(DAY_MS * 40);
    await keeper.clean();
    expect(await keeper.runIds()).toHaveLength(2);
    await executor.pass(DAY_MS * 21);
    await keeper.clean();
    expect(await keeper.runIds()).toEqual([parent]);
    await executor.pass(DAY_MS * 31);
    await keeper.clean();
    expect(await keeper.runIds()).toEqual([]);
  });

  it("is the source of a replay that is being prepared", async () => {
    const source = await keeper.started(RICH, { size: 10, items: 1 });
    await executor.pass(DAY_MS * 31);
    const replay = await keeper.replayFrom(source, "boss");
    const { t } = executor;
    await t.mutation(internal.executor.retention.sweep, {});
    await t.mutation(internal.executor.retention.work, { portion: 0 });
    expect(await keeper.runIds()).toEqual([source, replay]);
    await executor.pass(DAY_MS);
    await keeper.clean();
    expect(await keeper.runIds()).toEqual([replay]);
    expect(await executor.run(replay)).toMatchObject({
      state: { kind: "completed" },
    });
    await executor.pass(DAY_MS * 31);
    await keeper.clean();
  });
});

describe("a pass", () => {
  it("does each portion once", async () => {
    await keeper.started(RICH, { size: 10, items: 600 });
    await executor.pass(DAY_MS * 31);
    const { t } = executor;
    await t.mutation(internal.executor.retention.sweep, {});
    await t.mutation(internal.executor.retention.work, { portion: 0 });
    const left = await countOf("stepExecutions");
    await t.mutation(internal.executor.retention.work, { portion: 0 });
    expect(await countOf("stepExecutions")).toBe(left);
    await t.mutation(internal.executor.retention.sweep, {});
    expect(await executor.rows("passes")).toMatchObject([{ portion: 1 }]);
    await keeper.clean();
  });

  it("goes on when a portion was lost, and without the phase when it is lost again", async () => {
    const { t } = executor;
    await t.mutation(internal.executor.retention.sweep, {});
    const lose = () =>
      t.run(async ({ db }) => {
        for (const { _id, portion } of await db.query("passes").collect())
          await db.patch("passes", _id, { portion: portion + 7 });
      });
    await lose();
    await executor.pass(HOUR_MS);
    expect(await executor.rows("passes")).toMatchObject([{ endedAt: null }]);
    await t.mutation(internal.executor.retention.sweep, {});
    await lose();
    await executor.pass(HOUR_MS);
    await t.mutation(internal.executor.retention.sweep, {});
    expect(await executor.rows("passes")).toMatchObject([
      { endedAt: null, place: { phase: "snapshots" }, repairs: 2 },
    ]);
    await keeper.clean();
  });
});

describe("what goes when nothing needs it any more", () => {
  it("is a snapshot of a draft whose tests are gone", async () => {
    const workflowId = await keeper.workflow(`().code("a", () => 1)`);
    const { owner } = executor;
    const test = () =>
      owner.mutation(api.testRuns.start, { workflowId, input: "{}" });
    await test();
    await executor.pass(DAY_MS * 10);
    await keeper.saveDraft(workflowId, `().code("b", () => 2)`);
    await test();
    const snapshots = async () =>
      (await executor.rows("workflowVersions")).filter(
        (version) => version.workflowId === workflowId && version.number === 0,
      );
    expect(await snapshots()).toHaveLength(2);
    await executor.pass(DAY_MS * 21);
    expect(await keeper.clean()).toMatchObject({ snapshots: 1, runs: 1 });
    expect(await snapshots()).toHaveLength(1);
    expect(await orphans(executor.t)).toEqual([]);
    await executor.pass(DAY_MS * 10);
    await keeper.clean();
    expect(await snapshots()).toEqual([]);
  });

  it("is a snapshot only when no replay of its tests is left either", async () => {
    const workflowId = await keeper.workflow(`().code("a", () => 1)`);
    const started = await executor.owner.mutation(api.testRuns.start, {
      workflowId,
      input: "{}",
    });
    if (started.kind === "refused") throw new Error("refused");
    await executor.pass(DAY_MS * 20);
    const replay = await keeper.replayFrom(started.runId);
    await executor.pass(DAY_MS * 20);
    await keeper.clean();
    expect(await keeper.runIds()).toEqual([replay]);
    expect(await orphans(executor.t)).toEqual([]);
    await executor.pass(DAY_MS * 20);
    expect(await keeper.clean()).toMatchObject({ snapshots: 1 });
  });

  it("is a removed workflow, with its versions, when its last run goes", async () => {
    const workflowId = await keeper.workflow(`().code("a", () => 1)`);
    await executor.start(workflowId, {});
    const unused = await keeper.workflow(`().code("a", () => 1)`);
    const { owner } = executor;
    for (const id of [workflowId, unused])
      await owner.mutation(api.workflows.remove, { workflowId: id });
    const versions = async () =>
      (await executor.rows("workflowVersions")).filter((version) =>
        [workflowId, unused].includes(version.workflowId),
      );
    await executor.pass(DAY_MS);
    expect(await keeper.clean()).toMatchObject({ workflows: 1 });
    expect(await versions()).toHaveLength(1);
    await executor.pass(DAY_MS * 30);
    expect(await keeper.clean()).toMatchObject({ workflows: 1 });
    expect(await versions()).toEqual([]);
    expect(await orphans(executor.t)).toEqual([]);
  });

  it("is an event that no run under way is older than", async () => {
    const { organizationId, owner } = executor;
    const send = (name: string) =>
      owner.mutation(api.events.send, { organizationId, name });
    await send("early");
    const runId = await keeper.started(
      `().waitForEvent("first", { event: "early" }).waitForEvent("next", { event: "late" })`,
    );
    await executor.pass(HOUR_MS);
    await send("early");
    await send("late.other");
    await executor.pass(DAY_MS * 60);
    expect(await keeper.clean()).toMatchObject({ events: 1 });
    expect(await countOf("events")).toBe(2);
    await owner.mutation(api.workflowRuns.cancel, { runId });
    expect(await keeper.clean()).toMatchObject({ events: 2 });
    expect(await orphans(executor.t)).toEqual([]);
    await executor.pass(DAY_MS * 31);
    await keeper.clean();
  });

  it("is a key whose time is over, a bulk job, a start that no longer counts", async () => {
    const workflowId = await keeper.workflow(
      `({ idempotencyKey: () => "k", rateLimit: { limit: 9, period: "1h" } }).code("a", () => 1)`,
    );
    const { organizationId, owner } = executor;
    const runId = await executor.start(workflowId, {});
    const cancel = { kind: "cancel" } as const;
    await owner.mutation(api.bulkJobs.start, {
      organizationId,
      action: cancel,
      selection: { kind: "runs", runIds: [runId] },
      expected: 1,
    });
    await executor.pass(HOUR_MS / 2);
    await keeper.clean();
    const counts = () =>
      Promise.all(
        (["runKeys", "bulkJobs", "rateStarts"] as const).map(countOf),
      );
    expect(await counts()).toEqual([1, 1, 1]);
    await executor.pass(DAY_MS);
    await keeper.clean();
    expect(await counts()).toEqual([0, 1, 0]);
    await executor.pass(DAY_MS * 31);
    await keeper.clean();
    expect(await counts()).toEqual([0, 0, 0]);
  });

  it("is a file whose report never came, a day later", async () => {
    await executor.t.run(({ storage }) => storage.store(new Blob(["lost"])));
    await executor.pass(HOUR_MS);
    await keeper.clean();
    expect(await keeper.files()).toHaveLength(1);
    await executor.pass(DAY_MS);
    expect(await keeper.clean()).toMatchObject({ files: 1 });
    expect(await keeper.files()).toEqual([]);
  });
});
