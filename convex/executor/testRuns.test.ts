import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from "vitest";
import { json } from "../../tests/support/answering-server";
import {
  type ExecutorHarness,
  startExecutorInProcess,
} from "../../tests/support/executor/executor-harness";
import { present } from "../../tests/support/executor/present";
import { api } from "../_generated/api";
import type { Id } from "../_generated/dataModel";

let executor: ExecutorHarness;
beforeAll(async () => {
  executor = await startExecutorInProcess();
}, 120_000);
afterAll(() => executor?.stop());
beforeEach(() => executor.server.reset());
afterEach(async () => {
  expect(await executor.stuckRuns()).toEqual([]);
});

type WorkflowId = Id<"workflows">;
type Pins = { pattern: string; json: string }[];

const HEAD = `import { workflow, z } from "lockstep";\nexport default workflow`;
const sourceOf = (chain: string) =>
  HEAD + chain.replaceAll("$server", executor.server.origin);

/** A workflow that was never published. */
async function draft(chain: string): Promise<WorkflowId> {
  const { organizationId } = executor;
  const name = "Draft";
  const created = { organizationId, name, source: sourceOf(chain) };
  const { workflowId } = await executor.client.mutation(
    api.workflows.create,
    created,
  );
  return workflowId;
}

async function start(
  workflowId: WorkflowId,
  { input = {}, pins = [] as Pins } = {},
) {
  return await executor.client.mutation(api.testRuns.start, {
    workflowId,
    input: JSON.stringify(input),
    pins: pins.map(({ pattern, json: text }) => ({
      pattern,
      value: { kind: "json" as const, json: text },
    })),
  });
}

async function started(
  workflowId: WorkflowId,
  options?: { input?: unknown; pins?: Pins },
): Promise<Id<"workflowRuns">> {
  const outcome = await start(workflowId, options as { pins?: Pins });
  if (outcome.kind === "refused") throw new Error("refused");
  return outcome.runId;
}

async function startStep(
  workflowId: WorkflowId,
  path: string,
  scope: { input?: unknown; steps?: object; items?: object } = {},
) {
  const text = (value: unknown) => JSON.stringify(value ?? {});
  return await executor.client.mutation(api.testRuns.startStep, {
    workflowId,
    path,
    input: text(scope.input),
    steps: text(scope.steps),
    items: text(scope.items),
  });
}

async function stepStarted(...args: Parameters<typeof startStep>) {
  const outcome = await startStep(...args);
  if (outcome.kind === "refused") throw new Error("refused");
  return outcome.runId;
}

const code = (expected: string) => ({ data: { code: expected } });
const refusal = async (attempt: Promise<unknown>) =>
  await attempt.then(
    () => "nothing",
    (error: { data: { field?: string } }) => error.data.field,
  );

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
