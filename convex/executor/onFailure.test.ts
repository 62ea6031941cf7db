/** `onFailure`: steps that run when a run has failed, and change nothing about that. */
import { describe, expect, it } from "vitest";
import { api } from "../_generated/api";
import { json } from "../../tests/support/answering-server";
import type { RunId } from "../../tests/support/executor/executor-harness";
import { present } from "../../tests/support/executor/present";
import { useExecutor } from "../../tests/support/executor/use-executor";

const executor = useExecutor();

/** A workflow that says in `onFailure` what to do about its steps. */
const failing = (onFailure: string, steps = `.fail("no", "no way")`) =>
  `({ onFailure: (flow) => flow${onFailure} })${steps}`;

const alert = (options = "") =>
  `.http("alert", { request: ({ error, run }) => ({ method: "POST", url: "$server/alert", json: { error, run } })${options} })`;

const eventsOf = async (runId: RunId) => {
  const { page } = await executor.client.query(api.runEvents.list, {
    runId,
    paginationOpts: { numItems: 500, cursor: null },
  });
  return page.map(({ type, stepKey }) => [type, stepKey]);
};

const bodies = () =>
  executor.server.asked.map(({ body }) => JSON.parse(body) as unknown);

describe("onFailure", () => {
  it("runs after the failure was decided, and sees error, input and run", async () => {
    const { runId, state, error } = await executor.failureOf(
      `({ input: z.object({ id: z.string() }), onFailure: (flow) => flow
        .code("text", ({ input, error }) => input.id + ": " + error.message)
        .http("alert", { request: ({ steps, error, run }) => ({ method: "POST", url: "$server/alert", json: { text: steps.text, error, run } }) }) })
      .code("fine", () => 1)
      .loop("each", { times: 3, do: (flow) => flow.code("break", ({ index }) => { if (index === 1) throw new RangeError("too far"); }) })
      .code("never", () => 2)`,
      { id: "o-1" },
    );
    expect(state.error).toMatchObject({
      name: "RangeError",
      message: "too far",
      stepKey: "each[1]/break",
    });
    expect(error).toMatchObject({ name: "RangeError", code: "user_error" });
    const { number, workflowSlug: workflow } = await executor.run(runId);
    expect(bodies()).toEqual([
      {
        text: "o-1: too far",
        error: {
          name: "RangeError",
          message: "too far",
          code: "user_error",
          step: "each[1]/break",
        },
        run: { id: runId, number, workflow },
      },
    ]);
    expect(await executor.states(runId)).toEqual({
      fine: "completed",
      each: "failed",
      onFailure: "completed",
      "onFailure/text": "completed",
      "onFailure/alert": "completed",
    });
    expect((await executor.step(runId, "onFailure")).sequence).toBeGreaterThan(
      (await executor.step(runId, "each")).sequence,
    );
  });

  it("is in the history, between the failure and the end", async () => {
    const { runId } = await executor.failureOf(
      failing(`.code("tidy", () => 1)`),
    );
    expect(await eventsOf(runId)).toEqual([
      ["run.started", null],
      ["step.began", "no"],
      ["step.failed", "no"],
      ["run.failing", null],
      ["step.began", "onFailure"],
      ["step.began", "onFailure/tidy"],
      ["step.completed", "onFailure/tidy"],
      ["step.completed", "onFailure"],
      ["run.failed", null],
    ]);
  });

  it("is not for runs that complete, are stopped or are cancelled", async () => {
    for (const steps of [`.code("a", () => 1)`, `.stop("enough", 1)`]) {
      const runId = await executor.publishAndStart(failing(alert(), steps));
      expect((await executor.untilEnded(runId)).state.kind).toBe("completed");
    }
    const asleep = await executor.publishAndStart(
      failing(alert(), `.delay("long", "1h")`),
    );
    await executor.client.mutation(api.workflowRuns.cancel, { runId: asleep });
    expect((await executor.untilEnded(asleep)).state.kind).toBe("cancelled");
    expect(await executor.states(asleep)).toEqual({ long: "cancelled" });
    expect(executor.server.asked).toEqual([]);
  });

  it("comes after whatever else was active has ended", async () => {
    const { server } = executor;
    server.answer = ({ path }, response) => {
      if (path === "/alert") json(response, {});
    };
    const runId = await executor.publishAndStart(
      failing(
        alert(),
        `.parallel("both", {
          slow: (flow) => flow.http("call", { request: () => ({ url: "$server/slow" }) }),
          asks: (flow) => flow.approval("boss", { title: "?" }),
          hears: (flow) => flow.waitForEvent("news", { event: "news" }),
          breaks: (flow) => flow.delay("soon", "300ms").fail("no", "no"),
        })`,
      ),
    );
    expect((await executor.untilEnded(runId)).state.kind).toBe("failed");
    expect(await executor.states(runId)).toMatchObject({
      both: "failed",
      "both/slow/call": "cancelled",
      "both/asks/boss": "cancelled",
      "both/hears/news": "cancelled",
      "onFailure/alert": "completed",
    });
    const mine = ({ runId: of }: { runId: string }) => of === runId;
    expect((await executor.table("openWaits")).filter(mine)).toEqual([]);
    expect((await executor.table("approvals")).filter(mine)).toMatchObject([
      { outcome: "cancelled" },
    ]);
  });

  it("follows when the run's time is up, and is not cut off by it", async () => {
    const { runId, error } = await executor.failureOf(
      `({ timeout: "300ms", onFailure: (flow) => flow.delay("later", "600ms").code("say", ({ error }) => [error.code, error.step]) }).delay("long", "1h")`,
    );
    expect(error?.code).toBe("timeout");
    expect(await executor.states(runId)).toEqual({
      long: "cancelled",
      onFailure: "completed",
      "onFailure/later": "completed",
      "onFailure/say": "completed",
    });
    const said = await executor.step(runId, "onFailure/say");
    expect(await executor.value(said.output)).toEqual(["timeout", null]);
  });

  it("follows when the output of the workflow fails", async () => {
    const { runId, error } = await executor.failureOf(
      failing(
        `.code("tidy", () => 1)`,
        `.code("a", () => 1).output(() => { throw new Error("no output") })`,
      ),
    );
    expect(error?.message).toBe("no output");
    expect(await executor.states(runId)).toMatchObject({
      a: "completed",
      "onFailure/tidy": "completed",
    });
  });

  it("cuts off more than one transaction ends before it begins", async () => {
    const runId = await executor.publishAndStart(
      `({ timeout: "5s", onFailure: (flow) => flow.code("tidy", () => 1) })
      .loop("outer", { times: 3, concurrency: 3, do: (flow) => flow.loop("all", { times: 450, concurrency: 450, do: (flow) => flow.delay("long", "1h") }) })`,
    );
    expect((await executor.untilEnded(runId)).state.kind).toBe("failed");
    const rows = (await executor.table("stepExecutions")).filter(
      (row) => row.runId === runId,
    );
    expect(rows.length).toBeGreaterThan(2_000);
    expect(
      rows.filter(({ endedAt, state }) => {
        return (
          endedAt === null || !["cancelled", "completed"].includes(state.kind)
        );
      }),
    ).toEqual([]);
    expect(await executor.states(runId)).toMatchObject({
      outer: "cancelled",
      "onFailure/tidy": "completed",
    });
  });
});

describe("a step of onFailure", () => {
  it("is retried, and waits, as any other", async () => {
    const { server } = executor;
    server.answer = (_, response) =>
      json(response, {}, server.asked.length < 3 ? 503 : 200);
    const { runId } = await executor.failureOf(
      failing(
        `${alert(`, retry: { initialDelay: "50ms", backoff: "fixed" }`)}.delay("nap", "100ms").action("tell", async ({ error, fetch }) => (await fetch("$server/" + error.code)).status)`,
      ),
    );
    const step = await executor.step(runId, "onFailure/alert");
    expect(step).toMatchObject({ attempt: 3, state: { kind: "completed" } });
    expect(server.asked.at(-1)?.path).toBe("/failed_by_step");
    const keys = server.asked
      .slice(0, 3)
      .map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys).size).toBe(1);
    const told = await executor.step(runId, "onFailure/tell");
    expect(await executor.value(told.output)).toBe(200);
  });

  it("may fail: the run failed with its own error, and the branch says what onFailure failed with", async () => {
    const { server } = executor;
    server.answer = (_, response) => json(response, {}, 400);
    const { runId, state, error } = await executor.failureOf(
      failing(`${alert()}.code("never", () => 1)`),
    );
    expect(state.error).toMatchObject({ message: "no way", stepKey: "no" });
    expect(error?.message).toBe("no way");
    expect(await executor.states(runId)).toEqual({
      no: "failed",
      onFailure: "failed",
      "onFailure/alert": "failed",
    });
    const { state: branch } = await executor.step(runId, "onFailure");
    expect(branch).toMatchObject({ error: { message: /400/ } });
  });

  it("may fail and be gone on after", async () => {
    const { runId } = await executor.failureOf(
      failing(
        `.code("bad", () => { throw new Error("x") }, { onError: "continue" }).code("good", () => 1)`,
      ),
    );
    expect(await executor.states(runId)).toMatchObject({
      "onFailure/bad": "failed",
      "onFailure/good": "completed",
      onFailure: "completed",
    });
  });

  it("may stop: then the run is failed all the same", async () => {
    const { runId, state } = await executor.failureOf(
      failing(
        `.condition("enough", { if: () => true, then: (flow) => flow.stop("end", "never an output") }).code("never", () => 1)`,
      ),
    );
    expect(state.error.message).toBe("no way");
    expect((await executor.run(runId)).output).toBeNull();
    expect(await executor.states(runId)).toMatchObject({
      onFailure: "completed",
      "onFailure/enough": "completed",
    });
  });

  it("is cut off by a cancel, and the run stays failed", async () => {
    const { server } = executor;
    server.answer = () => undefined;
    const runId = await executor.publishAndStart(failing(alert()));
    await server.until(() => server.open === 1);
    const before = await executor.run(runId);
    expect(before).toMatchObject({
      state: { kind: "running" },
      failing: { message: "no way", stepKey: "no" },
    });
    const parts = await executor.client.query(api.workflowRuns.explain, {
      runId,
    });
    expect(JSON.stringify(parts)).toMatch(
      /Failed in the step “no”.*onFailure goes on.*onFailure\/alert/,
    );
    await executor.client.mutation(api.workflowRuns.cancel, { runId });
    expect((await executor.run(runId)).state).toMatchObject({
      kind: "failed",
      error: { message: "no way" },
    });
    await server.until(() => server.open === 0);
    expect(await executor.states(runId)).toEqual({
      no: "failed",
      onFailure: "cancelled",
      "onFailure/alert": "cancelled",
    });
    expect(await executor.tasksOf(runId)).toEqual([]);
    expect(await eventsOf(runId)).toContainEqual(["person.cancel", null]);
  });
});

describe("a run that failed, with onFailure", () => {
  it("tells its parent when onFailure has ended", async () => {
    const child = await executor.publish(
      failing(`.delay("nap", "300ms").code("tidy", () => 1)`),
    );
    const { slug } = present(
      await executor.client.query(api.workflows.get, { workflowId: child }),
    );
    const { error } = await executor.failureOf(
      `().run("inside", { workflow: "${slug}", retry: { maxAttempts: 1 } })`,
    );
    expect(error).toMatchObject({
      code: "child_failed",
      cause: { message: "no way" },
    });
    const run = (await executor.table("workflowRuns")).find(
      ({ workflowId }) => workflowId === child,
    );
    expect(await executor.states(present(run)._id)).toMatchObject({
      "onFailure/tidy": "completed",
    });
  });

  it("is replayed from the step that failed, and fails anew; not from a step of onFailure", async () => {
    const { runId } = await executor.failureOf(
      failing(`.code("tidy", () => 1)`, `.code("a", () => 1).fail("no", "no")`),
    );
    const { runId: replay } = await executor.client.mutation(
      api.workflowRuns.replay,
      { runId, fromStep: "no", version: "original" },
    );
    expect((await executor.untilEnded(replay)).state.kind).toBe("failed");
    expect(await executor.states(replay)).toEqual({
      a: "completed",
      no: "failed",
      onFailure: "completed",
      "onFailure/tidy": "completed",
    });
    expect((await executor.step(replay, "a")).reusedFrom).toBeDefined();
    for (const fromStep of ["onFailure", "onFailure/tidy"])
      await expect(
        executor.client.mutation(api.workflowRuns.replay, {
          runId,
          fromStep,
          version: "original",
        }),
      ).rejects.toThrow(/run when a run fails/);
  });

  it("in a test is run too, with pinned outputs, but not when one step is tested", async () => {
    const workflowId = await executor.publish(failing(alert()));
    const start = async (pins: { pattern: string; json: string }[]) =>
      await executor.client.mutation(api.testRuns.start, {
        workflowId,
        input: "{}",
        pins: pins.map(({ pattern, json: text }) => ({
          pattern,
          value: { kind: "json" as const, json: text },
        })),
      });
    const tested = await start([{ pattern: "onFailure/alert", json: "1" }]);
    if (tested.kind !== "started") throw new Error("refused");
    expect((await executor.untilEnded(tested.runId)).state.kind).toBe("failed");
    expect(await executor.step(tested.runId, "onFailure/alert")).toMatchObject({
      pinned: true,
    });
    expect(executor.server.asked).toEqual([]);
    const plan = present(
      await executor.client.query(api.testRuns.plan, { workflowId }),
    );
    expect(plan.map(({ path, testable }) => [path, testable])).toEqual([
      ["no", false],
      ["onFailure", false],
      ["onFailure/alert", false],
    ]);
    await expect(
      executor.client.mutation(api.testRuns.startStep, {
        workflowId,
        path: "onFailure/alert",
        input: "{}",
        steps: "{}",
      }),
    ).rejects.toThrow(/tested with a run that fails/);
  });

  it("goes on with onFailure after the process was killed", async () => {
    const { server } = executor;
    server.answer = () => undefined;
    const calling = await executor.publishAndStart(
      failing(alert(", retry: { maxAttempts: 1 }")),
    );
    const asleep = await executor.publishAndStart(
      failing(`.delay("nap", "2s").code("tidy", ({ error }) => error.message)`),
    );
    await server.until(() => server.open === 1);
    await executor.deployment.crash();
    await server.until(() => server.open === 0);
    server.answer = (_, response) => json(response, {});
    await executor.deployment.restart();
    for (const runId of [calling, asleep])
      expect((await executor.untilEnded(runId)).state).toMatchObject({
        kind: "failed",
        error: { message: "no way" },
      });
    const step = await executor.step(calling, "onFailure/alert");
    expect(step.state.kind).toBe("completed");
    expect((await executor.attempts(step)).map(({ status }) => status)).toEqual(
      ["interrupted", "completed"],
    );
    const tidy = await executor.step(asleep, "onFailure/tidy");
    expect(await executor.value(tidy.output)).toBe("no way");
  }, 90_000);
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
