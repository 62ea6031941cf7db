import { describe, expect, it } from "vitest";
import { present } from "../../tests/support/executor/present";
import { code, useTestRuns } from "../../tests/support/executor/use-test-runs";
import { api } from "../_generated/api";
import type { Id } from "../_generated/dataModel";

const { executor, draft, sourceOf, start, started } = useTestRuns();

describe("a test run", () => {
  it("runs the draft, which need not be published, and is marked", async () => {
    const workflowId = await draft(
      `().code("a", () => 7).output(({ steps }) => steps.a)`,
    );
    const runId = await started(workflowId);
    expect(await executor.outputOf(runId)).toBe(7);
    expect(await executor.run(runId)).toMatchObject({
      isTest: true,
      versionNumber: 0,
    });
  });

  it("keeps the source that it saw, and shares it with tests of the same", async () => {
    const workflowId = await draft(`().code("a", () => 1)`);
    const [one, again] = [await started(workflowId), await started(workflowId)];
    await executor.client.mutation(api.workflows.saveDraft, {
      workflowId,
      source: sourceOf(`().code("b", () => 2)`),
    });
    const other = await started(workflowId);
    const version = async (runId: Id<"workflowRuns">) =>
      (await executor.run(runId)).versionId;
    expect(await version(again)).toBe(await version(one));
    expect(await version(other)).not.toBe(await version(one));
    const seen = await executor.client.query(api.workflowVersions.get, {
      versionId: await version(one),
    });
    expect(seen?.source).toBe(sourceOf(`().code("a", () => 1)`));
  });

  it("shows what does not compile, and starts nothing", async () => {
    const workflowId = await draft(`().code("a", () =>`);
    const outcome = await start(workflowId);
    expect(outcome.kind).toBe("refused");
    const { page } = await executor.client.query(api.workflowRuns.list, {
      organizationId: executor.organizationId,
      workflowId,
      paginationOpts: { numItems: 5, cursor: null },
    });
    expect(page).toEqual([]);
  });

  it("checks the input against the draft's schema, and remembers it", async () => {
    const workflowId = await draft(
      `({ input: z.object({ n: z.number() }) }).code("a", ({ input }) => input.n)`,
    );
    await expect(start(workflowId)).rejects.toMatchObject(
      code("invalid_input"),
    );
    await started(workflowId, { input: { n: 4 } });
    const details = await executor.client.query(api.workflows.get, {
      workflowId,
    });
    expect(details?.sampleInput).toBe(`{"n":4}`);
  });

  it("leaves no trace in versions, the summary of the workflow and its numbers", async () => {
    const workflowId = await executor.publish(`().code("a", () => 1)`);
    const real = await executor.start(workflowId);
    await started(workflowId);
    const details = present(
      await executor.client.query(api.workflows.get, { workflowId }),
    );
    expect(details).toMatchObject({ lastRun: { _id: real }, nextVersion: 2 });
    const versions = await executor.client.query(api.workflowVersions.list, {
      workflowId,
      paginationOpts: { numItems: 5, cursor: null },
    });
    expect(versions.page.map(({ number }) => number)).toEqual([1]);
    const activity = await executor.client.query(
      api.workflowVersions.activity,
      { workflowId },
    );
    expect(activity).toMatchObject({ looked: 1, versions: [{ runs: 1 }] });
  });

  it("is found by its mark, or left out by it", async () => {
    const workflowId = await executor.publish(`().code("a", () => 1)`);
    const real = await executor.start(workflowId);
    const test = await started(workflowId);
    const list = async (filter: {
      isTest?: boolean;
      status?: "completed" | "failed";
    }) => {
      const { page } = await executor.client.query(api.workflowRuns.list, {
        organizationId: executor.organizationId,
        workflowId,
        ...filter,
        paginationOpts: { numItems: 5, cursor: null },
      });
      return page.map(({ _id }) => _id);
    };
    expect(await list({})).toEqual([test, real]);
    expect(await list({ isTest: true })).toEqual([test]);
    expect(await list({ isTest: false, status: "completed" })).toEqual([real]);
    expect(await list({ isTest: true, status: "failed" })).toEqual([]);
  });

  it("stays a test when it is replayed on what it ran", async () => {
    const runId = await started(await draft(`().code("a", () => 1)`));
    const replay = await executor.client.mutation(api.workflowRuns.replay, {
      runId,
      version: "original",
    });
    expect(await executor.run(replay.runId)).toMatchObject({ isTest: true });
  });

  it("is not replayed when it had pinned outputs: they would not be pinned again", async () => {
    const workflowId = await draft(`().code("a", () => 1)`);
    const pins = [{ pattern: "a", json: "2" }];
    const runId = await started(workflowId, { pins });
    await expect(
      executor.client.mutation(api.workflowRuns.replay, {
        runId,
        version: "original",
      }),
    ).rejects.toMatchObject(code("conflict"));
  });

  it("cannot become the current version by a roll-back", async () => {
    const workflowId = await executor.publish(`().code("a", () => 1)`);
    const { versionId } = await executor.run(await started(workflowId));
    await expect(
      executor.client.mutation(api.workflowVersions.rollBack, { versionId }),
    ).rejects.toMatchObject(code("invalid_argument"));
  });
});

it("the plan of a draft says what can be pinned and tested, and where", async () => {
  const workflowId = await draft(`()
    .loop("notify", { times: 1, do: (flow) => flow.code("mail", () => 1) })
    .fail("end", "no")`);
  const plan = await executor.client.query(api.testRuns.plan, { workflowId });
  expect(plan).toMatchObject([
    { pattern: "notify", depth: 0, pinnable: true, testable: false },
    {
      pattern: "notify[]/mail",
      firstKey: "notify[0]/mail",
      depth: 1,
      testable: true,
    },
    { pattern: "end", pinnable: false, testable: false },
  ]);
});
