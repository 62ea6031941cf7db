/** Steps that run when nobody decided, or no event came, in time. */
import { describe, expect, it } from "vitest";
import { api } from "../_generated/api";
import type { RunId } from "../../tests/support/executor/executor-harness";
import { present } from "../../tests/support/executor/present";
import { useExecutorInProcess } from "../../tests/support/executor/use-executor";

const executor = useExecutorInProcess();

const ask = (onTimeout: string, more = "", timeout = "300ms") =>
  `.approval("boss", { title: "Go on?", quorum: 2, timeout: "${timeout}", onTimeout: (flow) => flow${onTimeout}${more} })`;
const listen = (onTimeout: string, more = "") =>
  `.waitForEvent("news", { event: "late.news", timeout: "300ms", onTimeout: (flow) => flow${onTimeout}${more} })`;

const approvalOf = async (runId: RunId) =>
  present(
    (await executor.table("approvals")).find((row) => row.runId === runId),
  );

describe("steps for a timeout", () => {
  it("run inside an approval that nobody decided, which goes on with votes and result", async () => {
    const runId = await executor.publishAndStart(
      `()${ask(`.http("remind", { request: () => ({ url: "$server/remind" }) }).code("say", ({ steps }) => steps.remind.status)`, "", "3s")}
      .output(({ steps }) => steps.boss)`,
    );
    await executor.untilStep(
      runId,
      "boss",
      ({ state }) => state.kind === "waiting",
    );
    const { _id: approvalId } = await approvalOf(runId);
    await executor.client.mutation(api.approvals.decide, {
      approvalId,
      approved: true,
    });
    expect(await executor.outputOf(runId)).toMatchObject({
      approved: false,
      timedOut: true,
      values: null,
      votes: [{ approved: true }],
      result: 200,
    });
    expect(await executor.states(runId)).toEqual({
      boss: "completed",
      "boss/remind": "completed",
      "boss/say": "completed",
    });
    expect(await executor.step(runId, "boss")).toMatchObject({
      branch: "onTimeout",
    });
    expect((await approvalOf(runId)).outcome).toBe("timeout");
    expect(executor.server.asked).toHaveLength(1);
  });

  it("run inside a wait for an event that did not come", async () => {
    const runId = await executor.publishAndStart(
      `()${listen(`.delay("nap", "50ms").code("say", () => "alone")`)}.output(({ steps }) => steps.news)`,
    );
    expect(await executor.outputOf(runId)).toEqual({
      timedOut: true,
      result: "alone",
    });
    const open = await executor.table("openWaits");
    expect(open.filter((row) => row.runId === runId)).toEqual([]);
  });

  it("do not run when the answer came in time", async () => {
    const decided = await executor.publishAndStart(
      `().approval("boss", { title: "?", timeout: "1h", onTimeout: (flow) => flow.fail("no", "no") }).output(({ steps }) => steps.boss)`,
    );
    const heard = await executor.publishAndStart(
      `().waitForEvent("news", { event: "good.news", timeout: "1h", onTimeout: (flow) => flow.fail("no", "no") }).output(({ steps }) => steps.news.data)`,
    );
    const { _id: approvalId } = await approvalOf(decided);
    await executor.client.mutation(api.approvals.decide, {
      approvalId,
      approved: true,
    });
    await executor.client.mutation(api.events.sendToRun, {
      runId: heard,
      name: "good.news",
      data: "1",
    });
    expect(await executor.outputOf(decided)).toMatchObject({
      approved: true,
      timedOut: false,
      result: null,
    });
    expect(await executor.outputOf(heard)).toBe(1);
    expect(await executor.states(decided)).toEqual({ boss: "completed" });
  });

  it("leave nobody to vote and no event to take", async () => {
    const runId = await executor.publishAndStart(
      `()${ask(`.delay("long", "1h")`)}`,
    );
    await executor.untilStep(runId, "boss/long", () => true);
    const { _id: approvalId } = await approvalOf(runId);
    await expect(
      executor.client.mutation(api.approvals.decide, {
        approvalId,
        approved: true,
      }),
    ).rejects.toThrow(/time to decide this is over/);
    await executor.client.mutation(api.workflowRuns.cancel, { runId });
    expect(await executor.states(runId)).toEqual({
      boss: "cancelled",
      "boss/long": "cancelled",
    });
  });

  it.each([
    ["approval", ask(`.fail("no", "too late")`)],
    ["event", listen(`.fail("no", "too late")`)],
  ])("that fail, fail the %s, and the run", async (_, chain) => {
    const { runId, state } = await executor.failureOf(`()${chain}`);
    const name = chain.includes("boss") ? "boss" : "news";
    expect(state.error).toMatchObject({
      message: "too late",
      stepKey: `${name}/no`,
    });
    expect(await executor.states(runId)).toEqual({
      [name]: "failed",
      [`${name}/no`]: "failed",
    });
  });

  it("that fail in a step that may fail are gone on after", async () => {
    const runId = await executor.publishAndStart(
      `()${ask(`.fail("no", "too late")`, `, onError: "continue"`)}.code("after", ({ steps }) => [steps.boss]).output(({ steps }) => steps.after)`,
    );
    expect(await executor.outputOf(runId)).toEqual([null]);
  });

  it("are replayed from one of them without waiting again", async () => {
    const { runId } = await executor.failureOf(
      `().code("a", () => 1)${ask(`.code("first", () => 1).fail("no", "too late")`)}`,
    );
    const { runId: again } = await executor.client.mutation(
      api.workflowRuns.replay,
      {
        runId,
        fromStep: "boss/no",
        version: "original",
      },
    );
    expect((await executor.untilEnded(again)).state.kind).toBe("failed");
    expect(await executor.states(again)).toEqual({
      a: "completed",
      boss: "failed",
      "boss/first": "completed",
      "boss/no": "failed",
    });
    expect((await executor.step(again, "boss/first")).reusedFrom).toBeDefined();
    expect((await approvalOf(again)).outcome).toBe("timeout");
  });
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
