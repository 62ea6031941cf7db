import { describe, expect, it } from "vitest";
import { api } from "../_generated/api";
import { useReplays } from "../../tests/support/executor/use-replays";

const { executor, replay, started } = useReplays();

describe("a replay of a whole run", () => {
  const chain = `({ input: z.object({ n: z.number() }) })
    .code("double", ({ input }) => input.n * 2)
    .output(({ steps }) => steps.double)`;

  it("has the same input, and says which run it replays", async () => {
    const runId = await started(chain, { n: 2 });
    const again = await replay(runId);
    expect(await executor.outputOf(again)).toBe(4);
    const run = await executor.run(again);
    expect(run.replayOf).toEqual({ runId, number: 1 });
  });

  it("takes an edited input, which has to match the version's schema", async () => {
    const runId = await started(chain, { n: 2 });
    const again = await replay(runId, { input: `{"n":21}` });
    expect(await executor.outputOf(again)).toBe(42);
    await expect(replay(runId, { input: `{"n":"x"}` })).rejects.toThrow(
      /invalid_input/,
    );
    await expect(replay(runId, { input: "{" })).rejects.toThrow(
      /invalid_input/,
    );
  });

  it("is possible while the workflow is paused, on the original version only", async () => {
    const runId = await started(chain, { n: 2 });
    const { workflowId } = await executor.run(runId);
    await executor.client.mutation(api.workflows.updateStatus, {
      workflowId,
      status: "paused",
    });
    expect(await executor.outputOf(await replay(runId))).toBe(4);
    await expect(replay(runId, { version: "current" })).rejects.toThrow(
      /paused/,
    );
  });

  it("is refused by name when the workflow is gone", async () => {
    const runId = await started(chain, { n: 2 });
    const { workflowId } = await executor.run(runId);
    await executor.client.mutation(api.workflows.remove, { workflowId });
    await expect(replay(runId)).rejects.toThrow(/workflow_removed/);
  });
});

describe("a replay", () => {
  it("has the same input, on the version that ran or on the current one (E8)", async () => {
    const workflowId = await executor.publish(
      `({ input: z.object({ n: z.number() }) }).code("a", ({ input }) => input.n + 1).output(({ steps }) => steps.a)`,
    );
    const runId = await executor.start(workflowId, { n: 1 });
    await executor.client.mutation(api.workflows.saveDraft, {
      workflowId,
      source: `import { workflow, z } from "lockstep";
        export default workflow({ input: z.object({ n: z.number() }) }).code("a", ({ input }) => input.n + 100).output(({ steps }) => steps.a)`,
    });
    await executor.client.mutation(api.workflowVersions.publish, {
      workflowId,
    });
    const replay = async (version: "original" | "current") => {
      const { client } = executor;
      return await client.mutation(api.workflowRuns.replay, { runId, version });
    };
    const [original, current] = [
      await replay("original"),
      await replay("current"),
    ];
    expect(await executor.outputOf(original.runId)).toBe(2);
    expect(await executor.outputOf(current.runId)).toBe(101);
    expect(await executor.run(current.runId)).toMatchObject({
      number: 3,
      versionNumber: 2,
      replayOf: { runId, number: 1 },
      startedBy: { kind: "replay" },
    });
    expect(await executor.outputOf(runId)).toBe(2);
  });
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
