/** Before the first step of a replay from a step: its plan, the version it fits, and what is brought over in portions. */
import { describe, expect, it, vi } from "vitest";
import { api } from "../_generated/api";
import type { RunId } from "../../tests/support/executor/executor-harness";
import { present } from "../../tests/support/executor/present";
import { useReplays } from "../../tests/support/executor/use-replays";
import { parseEvents } from "./runs/eventLog";

const { executor, answer, replay, rowsOf, started } = useReplays();

describe("the plan of a replay", () => {
  const plan = async (runId: RunId, fromStep?: string) =>
    await executor.client.query(api.workflowRuns.replayPlan, {
      runId,
      version: "original",
      ...(fromStep === undefined ? {} : { fromStep }),
    });

  it("names what is reused, and counts what others will notice again", async () => {
    answer({ "/first": 1, "/mail": 1 });
    const runId = await started(`()
      .http("first", { request: () => ({ url: "$server/first" }) })
      .loop("mails", {
        times: 4,
        do: (flow) => flow.code("pre", () => 1).http("mail", { request: () => ({ url: "$server/mail" }) }),
      })
      .condition("more", { if: () => false, then: (flow) => flow.action("late", async () => 1) })`);
    expect(await plan(runId)).toMatchObject({
      kind: "possible",
      reused: [],
      effects: [
        { path: "first", times: 1 },
        { path: "mails/mail", times: 4, isEstimate: false },
        { path: "more/late", times: 0 },
      ],
    });
    expect(await plan(runId, "mails[1]/mail")).toMatchObject({
      kind: "possible",
      reused: [
        { key: "first", iterations: null },
        { key: "mails", iterations: 1 },
        { key: "mails[1]/pre", iterations: null },
      ],
      effects: [
        { path: "mails/mail", times: 3 },
        { path: "more/late", times: 0 },
      ],
    });
    expect(await plan(runId, "more/late")).toMatchObject({
      kind: "impossible",
      code: "not_reached",
    });
  });
});

describe("preparing a run that reuses much", () => {
  const chain = `()
    .loop("many", { times: 1_500, do: (flow) => flow.code("x", ({ index }) => index) })
    .output(({ steps }) => steps.many.reduce((sum, n) => sum + n, 0))`;

  /** What the run said of its preparation, by its history. */
  async function preparedSteps(runId: RunId): Promise<number[]> {
    const chunks = await executor.table("runEvents");
    return chunks
      .filter((chunk) => chunk.runId === runId)
      .sort((a, b) => a.next - b.next)
      .flatMap(({ events }) => parseEvents(events))
      .flatMap((event) =>
        event.type === "run" && event.state.kind === "running"
          ? (event.state.preparing?.steps ?? [])
          : [],
      );
  }

  it("happens in portions, and can be seen", async () => {
    const runId = await started(chain);
    const again = await replay(runId, { fromStep: "many[1499]/x" });
    expect(await executor.outputOf(again)).toBe((1_499 * 1_500) / 2);
    const prepared = await preparedSteps(again);
    expect(prepared[0]).toBe(0);
    expect(prepared.length).toBeGreaterThan(2);
    expect(prepared).toEqual([...prepared].sort((a, b) => a - b));
    const steps = await executor.steps(again);
    expect(steps.get("many")?.loop).toEqual({
      total: 1_500,
      completed: 1_500,
      failed: 0,
      running: 0,
    });
  });

  it("can be cancelled, and then stops", async () => {
    const runId = await started(chain);
    const again = await replay(runId, { fromStep: "many[1499]/x" });
    await executor.client.mutation(api.workflowRuns.cancel, { runId: again });
    await vi.waitFor(async () =>
      expect(await executor.table("runSeeds")).toEqual([]),
    );
    const { reused, anew } = await rowsOf(again);
    expect(reused.length).toBeLessThan(1_500);
    expect(anew).toEqual([]);
  });
});

describe("approvals and waits", () => {
  it("are not asked again when they were before the step", async () => {
    const runId = await executor.publishAndStart(`()
      .approval("ok", { title: "Go?" })
      .delay("nap", "1ms")
      .code("after", ({ steps }) => steps.ok.votes[0].note)
      .output(({ steps }) => steps.after)`);
    const asked = present(
      await executor.client.query(api.approvals.getByStep, {
        runId,
        stepKey: "ok",
      }),
    );
    await executor.client.mutation(api.approvals.decide, {
      approvalId: asked._id,
      approved: true,
      note: "fine",
    });
    await executor.untilEnded(runId);
    const again = await replay(runId, { fromStep: "after" });
    expect(await executor.outputOf(again)).toBe("fine");
    const approval = await executor.client.query(api.approvals.getByStep, {
      runId: again,
      stepKey: "ok",
    });
    expect(approval).toMatchObject({
      outcome: "approved",
      votes: [{ by: "Tess Owner", note: "fine" }],
    });
  });
});

describe("a replay from a step on another version", () => {
  const publish = async (
    workflowId: Parameters<typeof executor.start>[0],
    chain: string,
  ) => {
    const source = `import { workflow } from "lockstep";\nexport default workflow${chain}`;
    await executor.client.mutation(api.workflows.saveDraft, {
      workflowId,
      source,
    });
    await executor.client.mutation(api.workflowVersions.publish, {
      workflowId,
    });
  };

  it("runs the new steps after the old ones", async () => {
    const runId = await started(
      `().code("a", () => 1).code("b", ({ steps }) => steps.a + 1).output(({ steps }) => steps.b)`,
    );
    const { workflowId } = await executor.run(runId);
    await publish(
      workflowId,
      `().code("a", () => 100).code("b", ({ steps }) => steps.a + 41).output(({ steps }) => steps.b)`,
    );
    const again = await replay(runId, { fromStep: "b", version: "current" });
    expect(await executor.outputOf(again)).toBe(42);
    expect((await executor.run(again)).versionNumber).toBe(2);
  });

  it("is refused with the step that differs", async () => {
    const runId = await started(`().code("a", () => 1).code("b", () => 2)`);
    const { workflowId } = await executor.run(runId);
    await publish(workflowId, `().code("z", () => 0).code("b", () => 2)`);
    await expect(
      replay(runId, { fromStep: "b", version: "current" }),
    ).rejects.toThrow(/incompatible_version.*step .{2}a.{2} is not there/s);
    await publish(workflowId, `().code("a", () => 0)`);
    await expect(
      replay(runId, { fromStep: "b", version: "current" }),
    ).rejects.toThrow(/incompatible_version.*step .{2}b.{2} is not in it/s);
  });
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
