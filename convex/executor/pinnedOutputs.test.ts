/** Outputs that a test run is given in place of what would make them. */
import { describe, expect, it } from "vitest";
import { json } from "../../tests/support/answering-server";
import { code, useTestRuns } from "../../tests/support/executor/use-test-runs";
import { api } from "../_generated/api";

const { executor, draft, start, started } = useTestRuns();

const refusal = async (attempt: Promise<unknown>) =>
  await attempt.then(
    () => "nothing",
    (error: { data: { field?: string } }) => error.data.field,
  );

describe("a pinned output", () => {
  it("completes its step at once: nothing is called", async () => {
    const workflowId = await draft(`()
      .http("order", { request: () => ({ url: "$server/order" }) })
      .delay("cool off", "1h")
      .code("total", ({ steps }) => steps.order.body.total * 2)
      .output(({ steps }) => steps.total)`);
    const runId = await started(workflowId, {
      pins: [
        { pattern: "order", json: `{"status":200,"body":{"total":21}}` },
        { pattern: "cool off", json: "null" },
      ],
    });
    expect(await executor.outputOf(runId)).toBe(42);
    expect(executor.server.asked).toHaveLength(0);
    const steps = await executor.steps(runId);
    expect(steps.get("order")).toMatchObject({
      pinned: true,
      state: { kind: "completed" },
    });
    expect(steps.get("total")?.pinned).toBeUndefined();
  });

  it("is for every iteration of a loop, or for one of them", async () => {
    const workflowId = await draft(`()
      .loop("notify", { each: () => ["a", "b", "c"], do: (flow) => flow.code("mail", ({ item }) => item) })
      .output(({ steps }) => steps.notify)`);
    const runId = await started(workflowId, {
      pins: [
        { pattern: "notify[]/mail", json: `"all"` },
        { pattern: "notify[1]/mail", json: `"one"` },
      ],
    });
    expect(await executor.outputOf(runId)).toEqual(["all", "one", "all"]);
  });

  it("stands for all that is inside a step: a loop, a branch, an approval", async () => {
    const workflowId = await draft(`()
      .loop("notify", { times: 3, do: (flow) => flow.http("mail", { request: () => ({ url: "$server/mail" }) }) })
      .approval("sign off", { title: "May it?" })
      .condition("large", { if: () => true, then: (flow) => flow.fail("no", "never") })
      .output(({ steps }) => [steps.notify, steps["sign off"].approved, steps.large.branch])`);
    const runId = await started(workflowId, {
      pins: [
        { pattern: "notify", json: "[1,2]" },
        { pattern: "sign off", json: `{"approved":true}` },
        { pattern: "large", json: `{"branch":"else","result":null}` },
      ],
    });
    expect(await executor.outputOf(runId)).toEqual([[1, 2], true, "else"]);
    expect(executor.server.asked).toHaveLength(0);
  });

  it("comes from an earlier run, of a step that completed there", async () => {
    executor.server.answer = (_, response) => json(response, { total: 5 });
    const workflowId = await executor.publish(`()
      .http("order", { request: () => ({ url: "$server/order" }) })
      .output(({ steps }) => steps.order.body)`);
    const earlier = await executor.start(workflowId);
    expect(await executor.outputOf(earlier)).toEqual({ total: 5 });
    const pinned = (key: string) =>
      executor.client.mutation(api.testRuns.start, {
        workflowId,
        input: "{}",
        pins: [
          { pattern: "order", value: { kind: "run", runId: earlier, key } },
        ],
      });
    const outcome = await pinned("order");
    if (outcome.kind === "refused") throw new Error("refused");
    expect(await executor.outputOf(outcome.runId)).toEqual({ total: 5 });
    expect(executor.server.asked).toHaveLength(1);
    await expect(pinned("nope")).rejects.toMatchObject(
      code("invalid_argument"),
    );
  });

  it("is refused where no step could have it", async () => {
    const workflowId = await draft(`()
      .loop("notify", { times: 1, do: (flow) => flow.code("mail", () => 1) })
      .fail("end", "no")`);
    const pin = (pattern: string, text = "1") =>
      refusal(start(workflowId, { pins: [{ pattern, json: text }] }));
    const pattern = "pins[0].pattern";
    expect(await pin("nope")).toBe(pattern);
    expect(await pin("notify/mail")).toBe(pattern);
    expect(await pin("notify[]")).toBe(pattern);
    expect(await pin("end")).toBe(pattern);
    expect(await pin("notify", "not json")).toBe("pins[0].value");
    const twice = [
      { pattern: "notify", json: "1" },
      { pattern: "notify", json: "2" },
    ];
    expect(await refusal(start(workflowId, { pins: twice }))).toBe(
      "pins[1].pattern",
    );
    const many = Array.from({ length: 101 }, (_, index) => ({
      pattern: `notify[${index}]/mail`,
      json: "1",
    }));
    expect(await refusal(start(workflowId, { pins: many }))).toBe("pins");
    const large = JSON.stringify("x".repeat(16 * 1024 * 1024));
    await expect(
      start(workflowId, { pins: [{ pattern: "notify", json: large }] }),
    ).rejects.toThrow();
  });
});
