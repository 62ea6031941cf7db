/** Steps that wait for events, and events that look for steps. */
import { describe, expect, it } from "vitest";
import { api } from "../_generated/api";
import type { RunId } from "../../tests/support/executor/executor-harness";
import { useExecutorInProcess } from "../../tests/support/executor/use-executor";

const executor = useExecutorInProcess();

async function send(name: string, data: unknown = {}, key?: string) {
  return await executor.client.mutation(api.events.send, {
    organizationId: executor.organizationId,
    name,
    data: JSON.stringify(data),
    ...(key === undefined ? {} : { key }),
  });
}

async function sendTo(runId: RunId, name: string, data: unknown = {}) {
  return await executor.client.mutation(api.events.sendToRun, {
    runId,
    name,
    data: JSON.stringify(data),
  });
}

const untilWaiting = async (runId: RunId) =>
  await executor.untilRun(runId, ({ state }) => state.kind === "waiting");

async function errorOf(runId: RunId) {
  const { state, error } = await executor.untilEnded(runId);
  expect(state.kind).toBe("failed");
  return error;
}

const waits = async (runId: RunId) =>
  (await executor.table("openWaits")).filter((wait) => wait.runId === runId);

let names = 0;
/** Events of one test are nothing to the others. */
const fresh = () => `test.event${++names}`;

describe("a step that waits for an event", () => {
  it("says what it waits for and until when, and goes on with the event", async () => {
    const name = fresh();
    const runId = await executor.publishAndStart(
      `({ input: z.object({ id: z.number() }) })
      .waitForEvent("paid", { event: "${name}", match: ({ input }) => ({ orderId: input.id }), timeout: "1h" })
      .code("after", ({ steps }) => steps.paid.data.amount + 1)
      .output(({ steps }) => [steps.paid.name, steps.paid.at, steps.after])`,
      { id: 7 },
    );
    const waiting = await untilWaiting(runId);
    const until = waiting.createdAt + 3_600_000;
    const wait = { for: "event", event: name, match: '{"orderId":7}', until };
    expect(waiting.state).toMatchObject({ ...wait, stepKey: "paid" });
    const step = await executor.step(runId, "paid");
    expect(step.state).toMatchObject(wait);
    expect(await executor.value(step.input)).toEqual({
      event: name,
      match: { orderId: 7 },
    });

    await send(name, { orderId: 8, amount: 1 });
    await send(`${name}.other`, { orderId: 7, amount: 2 });
    await send(name, { amount: 3 });
    await send(name, { orderId: 7, amount: 41 });
    expect(await executor.outputOf(runId)).toEqual([
      name,
      expect.stringMatching(/^\d{4}-.*Z$/),
      42,
    ]);
    expect(await waits(runId)).toEqual([]);
  });

  it("takes an event that came earlier in the run, and none from before it", async () => {
    const name = fresh();
    await send(name, { n: "before the run" });
    const runId = await executor.publishAndStart(`()
      .delay("nap", "1h")
      .waitForEvent("it", { event: "${name}", match: () => ({ ok: true }) })
      .output(({ steps }) => steps.it.data.n)`);
    await untilWaiting(runId);
    await send(name, { ok: false, n: "another" });
    await send(name, { ok: true, n: "first" });
    await send(name, { ok: true, n: "second" });
    const nap = { runId, stepKey: "nap" };
    await executor.client.mutation(api.stepExecutions.skipDelay, nap);
    expect(await executor.outputOf(runId)).toBe("first");
  });

  it("looks back over more events than one transaction reads", async () => {
    const name = fresh();
    const runId = await executor.publishAndStart(`()
      .delay("nap", "1h")
      .waitForEvent("it", { event: "${name}", match: () => ({ n: 129 }) })
      .output(({ steps }) => steps.it.data.n)`);
    await untilWaiting(runId);
    for (let n = 0; n < 130; n++) await send(name, { n });
    const nap = { runId, stepKey: "nap" };
    await executor.client.mutation(api.stepExecutions.skipDelay, nap);
    expect(await executor.outputOf(runId)).toBe(129);
  });

  it("takes an event once, so that each step gets its own", async () => {
    const name = fresh();
    const runId = await executor.publishAndStart(`()
      .loop("all", { times: 3, concurrency: 2, do: (flow) => flow.waitForEvent("one", { event: "${name}" }).code("n", ({ steps }) => steps.one.data.n) })
      .output(({ steps }) => steps.all)`);
    for (const n of [1, 2, 3]) await send(name, { n });
    const output = await executor.outputOf(runId);
    expect(output).toHaveLength(3);
    expect(new Set(output as number[])).toEqual(new Set([1, 2, 3]));
  });

  it("is one of many that get the same event", async () => {
    const name = fresh();
    const workflowId = await executor.publish(
      `().waitForEvent("it", { event: "${name}" }).output(({ steps }) => steps.it.data)`,
    );
    const runIds: RunId[] = [];
    for (let n = 0; n < 130; n++) runIds.push(await executor.start(workflowId));
    await send(name, { to: "everybody" });
    for (const runId of runIds)
      expect(await executor.outputOf(runId)).toEqual({ to: "everybody" });
  });

  it("fails when nothing comes in time", async () => {
    const name = fresh();
    const runId = await executor.publishAndStart(
      `().waitForEvent("it", { event: "${name}", timeout: "50ms" })`,
    );
    expect(await errorOf(runId)).toMatchObject({
      name: "TimeoutError",
      code: "timeout",
      message: `The event ${name} did not come within the step's timeout of 0.05 s.`,
    });
    await send(name);
    expect(await waits(runId)).toEqual([]);
  });

  it("goes on with null after its timeout when it says so", async () => {
    const name = fresh();
    const runId = await executor.publishAndStart(`()
      .waitForEvent("it", { event: "${name}", timeout: "50ms", onTimeout: "continue" })
      .condition("came", { if: ({ steps }) => steps.it, then: (f) => f.code("yes", () => 1), else: (f) => f.code("no", () => "late") })
      .output(({ steps }) => [steps.it, steps.came.result])`);
    expect(await executor.outputOf(runId)).toEqual([null, "late"]);
  });

  it("keeps its event when its timeout comes after it", async () => {
    const name = fresh();
    const runId = await executor.publishAndStart(`()
      .waitForEvent("it", { event: "${name}", timeout: "150ms", onTimeout: "continue" })
      .delay("nap", "400ms")
      .output(({ steps }) => steps.it.data)`);
    await send(name, { in: "time" });
    expect(await executor.outputOf(runId)).toEqual({ in: "time" });
  });

  it("fails by name when the data has another shape", async () => {
    const name = fresh();
    const chain = `.waitForEvent("it", { event: "${name}", data: z.object({ amount: z.number(), unit: z.string().default("EUR") }), ON })
      .output(({ steps }) => [steps.it?.data ?? null])`;
    const strict = await executor.publishAndStart(
      `()${chain.replace(", ON", "")}`,
    );
    const lenient = await executor.publishAndStart(
      `()${chain.replace("ON", 'onError: "continue"')}`,
    );
    await send(name, { amount: "much" });
    expect(await errorOf(strict)).toMatchObject({
      name: "EventShapeError",
      code: "schema_mismatch",
      message: expect.stringContaining("data.amount") as string,
    });
    expect(await executor.outputOf(lenient)).toEqual([null]);
    const right = await executor.publishAndStart(
      `()${chain.replace(", ON", "")}`,
    );
    await send(name, { amount: 1 });
    expect(await executor.outputOf(right)).toEqual([
      { amount: 1, unit: "EUR" },
    ]);
  });

  it("fails when match gives no object, or throws", async () => {
    const withMatch = async (match: string) =>
      await errorOf(
        await executor.publishAndStart(
          `().waitForEvent("it", { event: "x", match: () => ${match} })`,
        ),
      );
    expect(await withMatch("7")).toMatchObject({
      code: "invalid_value",
      message: expect.stringMatching(/^match gave 7/) as string,
    });
    expect(await withMatch("{ throw new Error('no') }")).toMatchObject({
      code: "user_error",
    });
  });

  it("waits no more when its run is cancelled (E6)", async () => {
    const name = fresh();
    const runId = await executor.publishAndStart(
      `().waitForEvent("it", { event: "${name}" })`,
    );
    await untilWaiting(runId);
    await executor.client.mutation(api.workflowRuns.cancel, { runId });
    expect(await waits(runId)).toEqual([]);
    const step = await executor.step(runId, "it");
    expect(step.state.kind).toBe("cancelled");
    await send(name);
    expect((await executor.run(runId)).state.kind).toBe("cancelled");
    await expect(sendTo(runId, name)).rejects.toThrow(/already_ended/);
  });

  it("waits no more when what is around it fails, and leaves its event to others", async () => {
    const name = fresh();
    const runId = await executor.publishAndStart(`()
      .condition("try", { if: () => true, onError: "continue", then: (flow) => flow
        .loop("both", { times: 2, concurrency: 2, do: (f) => f
          .condition("which", { if: ({ index }) => index === 0,
            then: (g) => g.waitForEvent("lost", { event: "${name}" }),
            else: (g) => g.delay("nap", "50ms").fail("no", "no luck") }) }) })
      .waitForEvent("kept", { event: "${name}" })
      .output(({ steps }) => [steps.try, steps.kept.data.n])`);
    await executor.untilStep(runId, "kept", ({ state }) => {
      return state.kind === "waiting";
    });
    expect(await waits(runId)).toMatchObject([{ stepKey: "kept" }]);
    await send(name, { n: 1 });
    expect(await executor.outputOf(runId)).toEqual([null, 1]);
  });

  it("cannot be skipped like a delay", async () => {
    const runId = await executor.publishAndStart(
      `().waitForEvent("it", { event: "${fresh()}" })`,
    );
    const it = { runId, stepKey: "it" };
    await expect(
      executor.client.mutation(api.stepExecutions.skipDelay, it),
    ).rejects.toThrow(/conflict/);
    await executor.client.mutation(api.workflowRuns.cancel, { runId });
  });

  it("waits anew in a replay, for events of the replay's time", async () => {
    const name = fresh();
    const runId = await executor.publishAndStart(
      `().waitForEvent("it", { event: "${name}" }).output(({ steps }) => steps.it.data.n)`,
    );
    await send(name, { n: 1 });
    expect(await executor.outputOf(runId)).toBe(1);
    const replay = await executor.client.mutation(api.workflowRuns.replay, {
      runId,
      version: "original",
    });
    await untilWaiting(replay.runId);
    await send(name, { n: 2 });
    expect(await executor.outputOf(replay.runId)).toBe(2);
  });
});

describe("an event", () => {
  it("sent to one run is nothing to the others, and comes early or late", async () => {
    const name = fresh();
    const workflowId = await executor.publish(`()
      .waitForEvent("one", { event: "${name}", match: () => ({ n: 1 }) })
      .waitForEvent("two", { event: "${name}" })
      .output(({ steps }) => [steps.one.data.n, steps.two.data.n])`);
    const runId = await executor.start(workflowId);
    const other = await executor.start(workflowId);
    await sendTo(runId, name, { n: 2 });
    await sendTo(runId, name, { n: 1 });
    expect(await executor.outputOf(runId)).toEqual([1, 2]);
    expect((await executor.run(other)).state.kind).toBe("waiting");
    await executor.client.mutation(api.workflowRuns.cancel, { runId: other });
  });

  it("starts the workflows that have it as a trigger, with its data as input", async () => {
    const name = fresh();
    const workflowId = await executor.publish(
      `({ input: z.object({ n: z.number() }) }).code("a", ({ input }) => input.n + 1).output(({ steps }) => steps.a)`,
    );
    const createEvent = (event: string) =>
      executor.client.mutation(api.triggers.createEvent, { workflowId, event });
    const { triggerId } = await createEvent(name);
    await expect(createEvent("no name")).rejects.toThrow(/invalid_argument/);
    const list = { workflowId };
    expect(await executor.client.query(api.triggers.list, list)).toEqual([
      { _id: triggerId, kind: "event", enabled: true, event: name },
    ]);
    await send(name, { n: "wrong" });
    await send(`${name}.other`, { n: 0 });
    await send(name, { n: 1 });
    const runs = async () =>
      (await executor.table("workflowRuns")).filter(
        (run) => run.workflowId === workflowId,
      );
    await expect.poll(runs).toHaveLength(1);
    const [run] = await runs();
    expect(run?.startedBy).toEqual({ kind: "event", label: name });
    if (run !== undefined) expect(await executor.outputOf(run._id)).toBe(2);

    const off = { triggerId, enabled: false };
    await executor.client.mutation(api.triggers.setEnabled, off);
    await send(name, { n: 2 });
    await executor.client.mutation(api.triggers.remove, { triggerId });
    expect(await runs()).toHaveLength(1);
  });

  it("sent twice with the same key is one event", async () => {
    const name = fresh();
    const runId = await executor.publishAndStart(`()
      .waitForEvent("one", { event: "${name}" })
      .waitForEvent("two", { event: "${name}" })
      .output(({ steps }) => [steps.one.data.n, steps.two.data.n])`);
    const first = await send(name, { n: 1 }, `${name}-1`);
    expect(first.isNew).toBe(true);
    expect(await send(name, { n: 1 }, `${name}-1`)).toEqual({
      eventId: first.eventId,
      isNew: false,
    });
    await send(name, { n: 2 }, `${name}-2`);
    expect(await executor.outputOf(runId)).toEqual([1, 2]);
  });

  it.each([
    ["a name that is none", { name: "no name" }, /invalid_argument.*name/],
    ["data that is not JSON", { data: "{" }, /not JSON/],
    ["data that is too large", { data: `"${"x".repeat(70_000)}"` }, /64 KiB/],
    ["an empty key", { key: "" }, /key of an event/],
  ])("with %s is refused", async (_what, change, expected) => {
    const { organizationId } = executor;
    await expect(
      executor.client.mutation(api.events.send, {
        organizationId,
        name: "a.b",
        ...change,
      }),
    ).rejects.toThrow(expected);
  });
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
