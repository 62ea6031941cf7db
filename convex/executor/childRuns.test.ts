/** The step that runs another workflow. */
import { describe, expect, it } from "vitest";
import { api } from "../_generated/api";
import type { Doc } from "../_generated/dataModel";
import { json } from "../../tests/support/answering-server";
import type { RunId } from "../../tests/support/executor/executor-harness";
import { useExecutor } from "../../tests/support/executor/use-executor";

const executor = useExecutor();

/** Publishes a workflow and returns its slug. */
async function publish(chain: string): Promise<string> {
  const workflowId = await executor.publish(chain);
  const workflow = await executor.client.query(api.workflows.get, {
    workflowId,
  });
  if (workflow === null) throw new Error("not published");
  return workflow.slug;
}

async function publishAgain(
  workflowId: Doc<"workflows">["_id"],
  source: string,
): Promise<void> {
  const { client } = executor;
  await client.mutation(api.workflows.saveDraft, { workflowId, source });
  await client.mutation(api.workflowVersions.publish, { workflowId });
}

async function errorOf(runId: RunId) {
  const { error } = await executor.untilEnded(runId);
  if (error === null) throw new Error("the run has no error");
  return error;
}

async function childrenOf(runId: RunId): Promise<Doc<"workflowRuns">[]> {
  const runs = await executor.table("workflowRuns");
  return runs.filter(({ parent }) => parent?.runId === runId);
}

async function childOf(runId: RunId): Promise<RunId> {
  const step = await executor.untilStep(
    runId,
    "inner",
    ({ childRun }) => childRun !== undefined,
  );
  if (step.childRun === undefined) throw new Error("no child");
  return step.childRun.runId;
}

describe("a run step", () => {
  it("gives its input to a run of its own and takes its output", async () => {
    const double = await publish(
      `({ input: z.object({ n: z.number() }) }).code("double", ({ input }) => input.n * 2).output(({ steps }) => ({ twice: steps.double }))`,
    );
    const runId = await executor.publishAndStart(
      `({ input: z.object({ n: z.number() }) })
      .run("inner", { workflow: "${double}", input: ({ input }) => ({ n: input.n + 1 }) })
      .output(({ steps }) => steps.inner.twice)`,
      { n: 20 },
    );
    expect(await executor.outputOf(runId)).toBe(42);
    const child = await executor.run(await childOf(runId));
    expect(child.startedBy.kind).toBe("workflow");
    expect(child.parent).toMatchObject({ runId, stepKey: "inner" });
    expect(await executor.value(child.input)).toEqual({ n: 21 });
  });

  it("runs in every iteration of a loop, each with a run of its own", async () => {
    const echo = await publish(
      `({ input: z.object({ n: z.number() }) }).http("ask", { request: ({ input }) => ({ url: "$server/echo?n=" + input.n }) }).output(({ input }) => input.n)`,
    );
    const runId = await executor.publishAndStart(
      `().loop("all", { times: 12, concurrency: 5, do: (flow) => flow.run("inner", { workflow: "${echo}", input: ({ index }) => ({ n: index }) }) })
      .output(({ steps }) => steps.all)`,
    );
    expect(await executor.outputOf(runId)).toEqual(
      Array.from({ length: 12 }, (_, n) => n),
    );
    expect(await childrenOf(runId)).toHaveLength(12);
  });

  it("does not wait when told so, and says which run it started", async () => {
    const slow = await publish(`().delay("long", "1h")`);
    const runId = await executor.publishAndStart(
      `().run("inner", { workflow: "${slow}", wait: false }).output(({ steps }) => steps.inner)`,
    );
    const started = await executor.outputOf(runId);
    const [child] = await childrenOf(runId);
    expect(started).toEqual({ runId: child?._id, number: child?.number });
    const after = await executor.run(await childOf(runId));
    expect(after.state.kind).toBe("waiting");
    await executor.client.mutation(api.workflowRuns.cancel, {
      runId: after._id,
    });
  });

  it("fails with the failure of its run, and says which run that was", async () => {
    const broken = await publish(`().fail("no", "out of stock")`);
    const runId = await executor.publishAndStart(
      `().run("inner", { workflow: "${broken}" })`,
    );
    const error = await errorOf(runId);
    expect(error).toMatchObject({
      name: "ChildRunError",
      code: "child_failed",
    });
    expect(error.message).toMatch(/^Run #1 of .* failed: out of stock/);
    expect(error.cause?.message).toMatch(/out of stock/);
  });

  it("goes on after a failed run when it may", async () => {
    const broken = await publish(`().fail("no", "out of stock")`);
    const runId = await executor.publishAndStart(
      `().run("inner", { workflow: "${broken}", onError: "continue" }).code("after", ({ steps }) => steps.inner ?? "nothing").output(({ steps }) => steps.after)`,
    );
    expect(await executor.outputOf(runId)).toBe("nothing");
  });

  it("tries again with a new run for each attempt", async () => {
    const flaky = await publish(
      `().http("ask", { request: () => ({ url: "$server/flaky" }), retry: { maxAttempts: 1 } }).output(({ steps }) => steps.ask.status)`,
    );
    let asked = 0;
    executor.server.answer = (_, response) =>
      json(response, {}, ++asked < 3 ? 500 : 200);
    const runId = await executor.publishAndStart(
      `().run("inner", { workflow: "${flaky}", retry: { maxAttempts: 5, initialDelay: "10ms" } }).output(({ steps }) => steps.inner)`,
    );
    expect(await executor.outputOf(runId)).toBe(200);
    expect(await childrenOf(runId)).toHaveLength(3);
    const attempts = await executor.attempts(
      await executor.step(runId, "inner"),
    );
    expect(attempts.map(({ status }) => status)).toEqual([
      "failed",
      "failed",
      "completed",
    ]);
  });

  it("says where and why a run cannot start", async () => {
    const unknown = await executor.publishAndStart(
      `().run("inner", { workflow: "no-such-workflow" })`,
    );
    const error = await errorOf(unknown);
    expect(error).toMatchObject({ name: "RunStartError", code: "not_found" });
    expect(error.frames[0]?.line).toBe(2);
    const strict = await publish(
      `({ input: z.object({ n: z.number() }) }).code("one", () => 1)`,
    );
    const mismatch = await executor.publishAndStart(
      `().run("inner", { workflow: "${strict}", input: { n: "one" } })`,
    );
    expect((await errorOf(mismatch)).code).toBe("invalid_input");
  });

  it("does not start a workflow that is paused", async () => {
    const workflowId = await executor.publish(`().code("one", () => 1)`);
    await executor.client.mutation(api.workflows.updateStatus, {
      workflowId,
      status: "paused",
    });
    const workflow = await executor.client.query(api.workflows.get, {
      workflowId,
    });
    const runId = await executor.publishAndStart(
      `().run("inner", { workflow: "${workflow?.slug}" })`,
    );
    expect((await errorOf(runId)).code).toBe("paused");
  });

  it("ends a workflow that runs itself after eight runs", async () => {
    const slug = await publish(`().code("one", () => 1)`);
    const workflow = await executor.client.query(api.workflows.getBySlug, {
      organizationId: executor.organizationId,
      slug,
    });
    if (workflow === null) throw new Error("gone");
    await publishAgain(
      workflow._id,
      `import { workflow } from "lockstep";\nexport default workflow().run("inner", { workflow: "${slug}" })`,
    );
    const runId = await executor.start(workflow._id);
    const error = await errorOf(runId);
    expect(error.message).toMatch(/at most 8 deep/);
    const runs = (await executor.table("workflowRuns")).filter(
      (run) => run.workflowId === workflow._id,
    );
    expect(runs).toHaveLength(8);
  });

  it("sees the version that is published when it starts", async () => {
    const workflowId = await executor.publish(
      `().code("one", () => 1).output(() => "old")`,
    );
    const { slug } = (await executor.client.query(api.workflows.get, {
      workflowId,
    })) ?? { slug: "" };
    const runId = await executor.publishAndStart(
      `().delay("first", "1h").run("inner", { workflow: "${slug}" }).output(({ steps }) => steps.inner)`,
    );
    await publishAgain(
      workflowId,
      `import { workflow } from "lockstep";\nexport default workflow().code("one", () => 1).output(() => "new")`,
    );
    const first = { runId, stepKey: "first" };
    await executor.client.mutation(api.stepExecutions.skipDelay, first);
    expect(await executor.outputOf(runId)).toBe("new");
  });
});

describe("a cancel", () => {
  it("of the parent cancels the run inside, and the one inside that", async () => {
    const innermost = await publish(`().delay("long", "1h")`);
    const middle = await publish(
      `().run("inner", { workflow: "${innermost}" })`,
    );
    const runId = await executor.publishAndStart(
      `().run("inner", { workflow: "${middle}" })`,
    );
    const childId = await childOf(runId);
    const grandchildId = await childOf(childId);
    await executor.untilRun(
      grandchildId,
      ({ state }) => state.kind === "waiting",
    );
    await executor.client.mutation(api.workflowRuns.cancel, { runId });
    for (const id of [childId, grandchildId])
      expect((await executor.untilEnded(id)).state.kind).toBe("cancelled");
    expect((await executor.run(runId)).state.kind).toBe("cancelled");
  });

  it("of the run inside fails the step", async () => {
    const slow = await publish(`().delay("long", "1h")`);
    const runId = await executor.publishAndStart(
      `().run("inner", { workflow: "${slow}", retry: { maxAttempts: 3, initialDelay: "1ms" } })`,
    );
    await executor.client.mutation(api.workflowRuns.cancel, {
      runId: await childOf(runId),
    });
    expect((await errorOf(runId)).code).toBe("child_cancelled");
    expect(await childrenOf(runId)).toHaveLength(1);
  });

  it("follows a race that another branch has won", async () => {
    const slow = await publish(`().delay("long", "1h")`);
    const runId = await executor.publishAndStart(
      `().parallel("first", {
        a: (flow) => flow.run("inner", { workflow: "${slow}" }),
        b: (flow) => flow.delay("short", "700ms"),
      }, { mode: "race" })`,
    );
    expect((await executor.untilEnded(runId)).state.kind).toBe("completed");
    const [child] = await childrenOf(runId);
    if (child === undefined) throw new Error("no child");
    expect((await executor.untilEnded(child._id)).state.kind).toBe("cancelled");
  });
});

describe("an attempt whose run is not wanted any more", () => {
  const slow = () => publish(`().delay("long", "1h")`);
  const statuses = async (runId: RunId) => {
    const attempts = await executor.attempts(
      await executor.step(runId, "inner"),
    );
    return attempts.map(({ status, endedAt }) => [status, endedAt !== null]);
  };

  it("ends when its step's time is up, while the run goes on", async () => {
    const runId = await executor.publishAndStart(
      `().run("inner", { workflow: "${await slow()}", timeout: "500ms", onError: "continue" }).delay("nap", "1h")`,
    );
    await executor.untilStep(
      runId,
      "inner",
      ({ state }) => state.kind === "failed",
    );
    expect(await statuses(runId)).toEqual([["cancelled", true]]);
    await executor.client.mutation(api.workflowRuns.cancel, { runId });
  });

  it("ends with the run of its step", async () => {
    const runId = await executor.publishAndStart(
      `().run("inner", { workflow: "${await slow()}" })`,
    );
    await childOf(runId);
    await executor.client.mutation(api.workflowRuns.cancel, { runId });
    expect(await statuses(runId)).toEqual([["cancelled", true]]);
  });
});

describe("the timeout of a run step", () => {
  it("fails the step and cancels the run inside", async () => {
    const slow = await publish(`().delay("long", "1h")`);
    const runId = await executor.publishAndStart(
      `().run("inner", { workflow: "${slow}", timeout: "500ms" })`,
    );
    expect((await errorOf(runId)).code).toBe("timeout");
    const child = await executor.untilEnded(await childOf(runId));
    expect(child.state.kind).toBe("cancelled");
  });
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
