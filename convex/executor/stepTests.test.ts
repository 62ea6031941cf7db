/** One step of a draft, tested alone. */
import { describe, expect, it } from "vitest";
import { json } from "../../tests/support/answering-server";
import { present } from "../../tests/support/executor/present";
import { useTestRuns } from "../../tests/support/executor/use-test-runs";
import { api } from "../_generated/api";

const { executor, draft, startStep, stepStarted } = useTestRuns();

const refusal = async (attempt: Promise<unknown>) =>
  await attempt.then(
    () => "nothing",
    (error: { data: { field?: string } }) => error.data.field,
  );

describe("a test of one step", () => {
  const CHAIN = `({ input: z.object({ rate: z.number() }) })
      .http("order", { request: () => ({ url: "$server/order" }) })
      .loop("notify", {
        each: ({ steps }) => steps.order.body.emails,
        do: (flow) => flow
          .code("prepare", () => "never")
          .code("mail", ({ item, index, input, steps }) => [item, index, input.rate, steps.prepare, steps.order]),
      })
      .code("after", () => "never")
      .output(() => "never")`;

  it("runs nothing else, with the input, steps and items it is given", async () => {
    const runId = await stepStarted(await draft(CHAIN), "notify/mail", {
      input: { rate: 3 },
      steps: { prepare: "given", order: 1 },
      items: { notify: "ann@example.com" },
    });
    expect(await executor.outputOf(runId)).toEqual([
      "ann@example.com",
      0,
      3,
      "given",
      1,
    ]);
    expect(await executor.run(runId)).toMatchObject({
      isTest: true,
      onlyStep: "notify[0]/mail",
    });
    expect(executor.server.asked).toHaveLength(0);
    const steps = await executor.steps(runId);
    expect([...steps.keys()].sort()).toEqual(["notify", "order"]);
    expect(steps.get("notify")?.state.kind).toBe("completed");
    expect(steps.get("order")?.pinned).toBe(true);
  });

  it("does its effects, with its retries", async () => {
    let calls = 0;
    executor.server.answer = (_, response) =>
      json(response, { ok: true }, ++calls < 2 ? 503 : 200);
    const workflowId = await draft(`()
      .code("before", () => 1)
      .http("order", { request: ({ steps }) => ({ url: "$server/order?x=" + steps.before }), retry: { maxAttempts: 3, initialDelay: "10ms" } })
      .code("after", () => "never")`);
    const runId = await stepStarted(workflowId, "order", {
      steps: { before: 9 },
    });
    expect(await executor.outputOf(runId)).toMatchObject({ status: 200 });
    expect((await executor.step(runId, "order")).attempt).toBe(2);
    expect([...(await executor.steps(runId)).keys()].sort()).toEqual([
      "before",
      "order",
    ]);
  });

  it("fails with the step, whatever the flow does about failures", async () => {
    const workflowId = await draft(`()
      .code("bad", () => { throw new Error("no luck"); }, { onError: "continue" })
      .code("after", () => 1)`);
    const runId = await stepStarted(workflowId, "bad");
    expect((await executor.untilEnded(runId)).state).toMatchObject({
      kind: "failed",
      error: { message: "no luck", stepKey: "bad" },
    });
  });

  it("is refused for what cannot be tested alone, and for names that are not there", async () => {
    const workflowId = await draft(CHAIN);
    const field = (path: string, scope = {}) =>
      refusal(startStep(workflowId, path, scope));
    expect(await field("nope")).toBe("path");
    expect(await field("notify")).toBe("path");
    expect(await field("order", { steps: { after: 1 } })).toBe("steps");
    expect(await field("notify/mail", { items: { order: 1 } })).toBe("items");
    const broken = { workflowId, path: "order", input: "{}", steps: "[1]" };
    expect(
      await refusal(executor.client.mutation(api.testRuns.startStep, broken)),
    ).toBe("steps");
  });

  it("is prefilled with what the step had in an earlier run", async () => {
    executor.server.answer = (_, response) =>
      json(response, { emails: ["a", "b"] });
    const workflowId = await executor.publish(CHAIN);
    const runId = await executor.start(workflowId, { rate: 2 });
    await executor.outputOf(runId);
    const scope = present(
      await executor.client.query(api.testRuns.stepScope, {
        runId,
        key: "notify[1]/mail",
      }),
    );
    expect(scope).toMatchObject({
      input: `{"rate":2}`,
      items: [{ name: "notify", json: `"b"` }],
      omitted: [],
    });
    expect(scope.steps.map(({ name }) => name).sort()).toEqual([
      "order",
      "prepare",
    ]);
  });
});
