/** Approvals that a replay comes to, and that people gave in the run it replays. */
import { describe, expect, it } from "vitest";
import { api } from "../_generated/api";
import type { RunId } from "../../tests/support/executor/executor-harness";
import { present } from "../../tests/support/executor/present";
import { useReplays } from "../../tests/support/executor/use-replays";

const { answer, executor, replay } = useReplays();

describe("an approval that was given behind the step", () => {
  const chain = `({ input: z.object({ n: z.number().default(1) }) })
    .http("first", { request: () => ({ url: "$server/first" }) })
    .approval("ok", { title: ({ steps }) => "Pay " + steps.first.body + "?", details: () => ["a", 1], form: z.object({ to: z.string() }) })
    .http("last", { request: () => ({ url: "$server/last" }), retry: { maxAttempts: 1 } })
    .output(({ steps }) => steps.ok)`;
  const values = JSON.stringify({ to: "Kim" });

  const approvalOf = async (runId: RunId, stepKey = "ok") =>
    present(
      await executor.client.query(api.approvals.getByStep, { runId, stepKey }),
    );

  async function asked(runId: RunId) {
    await executor.untilRun(runId, ({ state }) => state.kind === "waiting");
    return await approvalOf(runId);
  }

  async function decide(runId: RunId, approved = true): Promise<void> {
    const { _id: approvalId } = await asked(runId);
    const vote = { approvalId, approved, note: "fine", values };
    await executor.client.mutation(api.approvals.decide, vote);
  }

  /** Approved by somebody, and failed after that. */
  async function approved(input?: unknown): Promise<RunId> {
    answer({ "/first": 5, "/last": 400 });
    const runId = await executor.publishAndStart(chain, input);
    await decide(runId);
    expect((await executor.untilEnded(runId)).state.kind).toBe("failed");
    return runId;
  }

  async function expectAskedAnew(runId: RunId): Promise<void> {
    expect(await asked(runId)).toMatchObject({ outcome: null, votes: [] });
    expect((await executor.step(runId, "ok")).reusedFrom).toBeUndefined();
    await executor.client.mutation(api.workflowRuns.cancel, { runId });
  }

  it("holds when the same is asked, and says who gave it, when and in which run", async () => {
    const runId = await approved();
    answer({ "/first": 5, "/last": 1 });
    const again = await replay(runId, { fromStep: "first" });
    const output = await executor.outputOf(again);
    expect(output).toMatchObject({
      approved: true,
      timedOut: false,
      values: { to: "Kim" },
      votes: [{ by: "Tess Owner", note: "fine", values: { to: "Kim" } }],
    });
    const { number } = await executor.run(runId);
    const first = await executor.step(runId, "ok");
    const step = await executor.step(again, "ok");
    expect(step.state.kind).toBe("completed");
    expect(step.reusedFrom).toEqual({ runId, number });
    expect(await executor.value(step.input)).toEqual(
      await executor.value(first.input),
    );
    const { _id, ...before } = await approvalOf(runId);
    expect(await approvalOf(again)).toMatchObject(before);
    expect((await approvalOf(again))._id).not.toBe(_id);
  });

  it("holds in a replay of a replay that did not come to it", async () => {
    const runId = await approved();
    answer({ "/first": 400 });
    const between = await replay(runId, { fromStep: "first" });
    await executor.untilEnded(between);
    answer({ "/first": 5, "/last": 1 });
    const again = await replay(between, { fromStep: "first" });
    expect((await executor.untilEnded(again)).state.kind).toBe("completed");
    const { reusedFrom } = await executor.step(again, "ok");
    expect(reusedFrom?.runId).toBe(runId);
    const third = await replay(again, { fromStep: "first" });
    expect((await executor.untilEnded(third)).state.kind).toBe("completed");
    const step = await executor.step(third, "ok");
    expect(step.reusedFrom?.runId).toBe(runId);
  });

  it("is asked anew when something else is asked", async () => {
    const runId = await approved();
    answer({ "/first": 5_000 });
    await expectAskedAnew(await replay(runId, { fromStep: "first" }));
  });

  it("is asked anew when the replay begins at it, or is of the whole run", async () => {
    const runId = await approved();
    await expectAskedAnew(await replay(runId, { fromStep: "ok" }));
    await expectAskedAnew(await replay(runId));
  });

  it("is asked anew when the input is another one", async () => {
    const runId = await approved({ n: 1 });
    const input = JSON.stringify({ n: 1_000 });
    const edited = await replay(runId, { fromStep: "first", input });
    expect((await executor.run(edited)).replayOf).toEqual({
      runId,
      number: 1,
      fromStep: "first",
      isEdited: true,
    });
    await expectAskedAnew(edited);
    await expectAskedAnew(await replay(edited, { fromStep: "first" }));
  });

  it("is asked anew on another version", async () => {
    const runId = await approved();
    const { workflowId } = await executor.run(runId);
    const own = chain.replaceAll("$server", executor.server.origin);
    await executor.client.mutation(api.workflows.saveDraft, {
      workflowId,
      source: `import { workflow, z } from "lockstep";\nexport default workflow${own}; // changed`,
    });
    await executor.client.mutation(api.workflowVersions.publish, {
      workflowId,
    });
    const current = { fromStep: "first", version: "current" } as const;
    await expectAskedAnew(await replay(runId, current));
  });

  it("is asked anew when it was a rejection", async () => {
    answer({ "/first": 5, "/last": 1 });
    const runId = await executor.publishAndStart(chain);
    await decide(runId, false);
    await executor.untilEnded(runId);
    await expectAskedAnew(await replay(runId, { fromStep: "first" }));
  });

  it("is told by the plan", async () => {
    const runId = await approved();
    const plan = async (fromStep?: string) =>
      await executor.client.query(api.workflowRuns.replayPlan, {
        runId,
        version: "original",
        ...(fromStep === undefined ? {} : { fromStep }),
      });
    const ok = { path: "ok", label: "ok", kind: "approval", times: 1 };
    const exact = { ...ok, isEstimate: false };
    expect(await plan("first")).toMatchObject({
      effects: [{ path: "first" }, { ...exact, given: 1 }, { path: "last" }],
    });
    for (const whole of [await plan("ok"), await plan()]) {
      const effects = whole?.kind === "possible" ? whole.effects : [];
      expect(effects).toContainEqual(exact);
    }
  });
});
