/** When runs start: limits, queues, debounce, keys and pauses. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { api } from "../_generated/api";
import type { Id } from "../_generated/dataModel";
import {
  type ExecutorHarness,
  type RunId,
  startExecutorInProcess,
} from "../../tests/support/executor/executor-harness";

let executor: ExecutorHarness;
beforeAll(async () => {
  executor = await startExecutorInProcess();
}, 120_000);
afterAll(() => executor?.stop());
afterEach(async () => {
  expect(await executor.stuckRuns()).toEqual([]);
});

type Start = { idempotencyKey?: string; priority?: number };
const start = async (
  workflowId: Id<"workflows">,
  input: unknown = {},
  more: Start = {},
) =>
  await executor.client.mutation(api.workflowRuns.create, {
    workflowId,
    input: JSON.stringify(input),
    ...more,
  });

const stateOf = async (runId: RunId) => (await executor.run(runId)).state.kind;
const cancel = async (runId: RunId) =>
  await executor.client.mutation(api.workflowRuns.cancel, { runId });
const untilGoing = async (runId: RunId) =>
  await executor.untilRun(runId, ({ state }) => state.kind === "waiting");
/** Waits until somebody ends it. */
const SLEEPS = `.delay("nap", "1h")`;

/** The sentence as a page shows it, with `<time>` for times. */
async function explanation(runId: RunId): Promise<string> {
  const parts = await executor.client.query(api.workflowRuns.explain, {
    runId,
  });
  return (parts ?? [])
    .map((part) => {
      if (part.kind === "text") return part.text;
      return part.kind === "time" ? "<time>" : `#${part.number}`;
    })
    .join("");
}

describe("a concurrency limit", () => {
  it("queues what is too much, and starts it in order when a run ends", async () => {
    const workflowId = await executor.publish(
      `({ concurrency: { limit: 1 } })${SLEEPS}`,
    );
    const first = await start(workflowId);
    expect(first.outcome).toBe("started");
    const second = await start(workflowId);
    const third = await start(workflowId);
    expect([second.outcome, third.outcome]).toEqual(["queued", "queued"]);
    expect(await executor.run(second.runId)).toMatchObject({
      state: { kind: "queued" },
      startedAt: null,
    });
    await cancel(first.runId);
    await untilGoing(second.runId);
    expect(await stateOf(third.runId)).toBe("queued");
    await cancel(second.runId);
    await untilGoing(third.runId);
    await cancel(third.runId);
  });

  it("is for each key of its own", async () => {
    const workflowId = await executor.publish(
      `({ input: z.object({ who: z.string() }), concurrency: { limit: 1, key: ({ input }) => input.who } })${SLEEPS}`,
    );
    const a = await start(workflowId, { who: "a" });
    const b = await start(workflowId, { who: "b" });
    const again = await start(workflowId, { who: "a" });
    expect([a, b, again].map(({ outcome }) => outcome)).toEqual([
      "started",
      "started",
      "queued",
    ]);
    await cancel(b.runId);
    expect(await stateOf(again.runId)).toBe("queued");
    await cancel(a.runId);
    await untilGoing(again.runId);
    await cancel(again.runId);
  });

  it("drops what is too much when it says so, with a named error", async () => {
    const workflowId = await executor.publish(
      `({ concurrency: { limit: 1, strategy: "drop" } })${SLEEPS}`,
    );
    const { runId } = await start(workflowId);
    await expect(start(workflowId)).rejects.toMatchObject({
      data: { code: "dropped", message: expect.stringMatching(/1 run goes/) },
    });
    await cancel(runId);
    const next = await start(workflowId);
    expect(next.outcome).toBe("started");
    await cancel(next.runId);
  });

  it("ends the oldest run for a newer one when it says so", async () => {
    const workflowId = await executor.publish(
      `({ concurrency: { limit: 2, strategy: "cancel-oldest" } })${SLEEPS}`,
    );
    const runs = [];
    for (let i = 0; i < 4; i++) runs.push(await start(workflowId));
    expect(runs.every(({ outcome }) => outcome === "started")).toBe(true);
    const states = await Promise.all(
      runs.map(async ({ runId }) => (await executor.run(runId)).state),
    );
    expect(states.map(({ kind }) => kind)).toEqual([
      "cancelled",
      "cancelled",
      "waiting",
      "waiting",
    ]);
    expect(states[0]).toMatchObject({
      by: "the workflow's limits",
      reason: expect.stringMatching(/only 2 runs go at once/),
    });
    for (const { runId } of runs.slice(2)) await cancel(runId);
  });

  it("holds nothing for a run that is over at once", async () => {
    const workflowId = await executor.publish(
      `({ concurrency: { limit: 1 } }).code("a", () => 1)`,
    );
    for (let i = 0; i < 3; i++)
      expect(await start(workflowId)).toMatchObject({ outcome: "started" });
    expect(await executor.table("runSeats")).toEqual([]);
  });

  it("does not hold a run that a person starts now, which counts all the same", async () => {
    const workflowId = await executor.publish(
      `({ concurrency: { limit: 1 } })${SLEEPS}`,
    );
    const first = await start(workflowId);
    const second = await start(workflowId);
    const third = await start(workflowId);
    await executor.client.mutation(api.workflowRuns.startNow, {
      runId: second.runId,
    });
    expect(await stateOf(second.runId)).toBe("waiting");
    await expect(
      executor.client.mutation(api.workflowRuns.startNow, {
        runId: second.runId,
      }),
    ).rejects.toMatchObject({ data: { code: "conflict" } });
    await cancel(first.runId);
    expect(await stateOf(third.runId)).toBe("queued");
    await cancel(second.runId);
    await untilGoing(third.runId);
    await cancel(third.runId);
  });

  it("lets a queued run be cancelled, and the next takes its place in line", async () => {
    const workflowId = await executor.publish(
      `({ concurrency: { limit: 1 } })${SLEEPS}`,
    );
    const first = await start(workflowId);
    const second = await start(workflowId);
    const third = await start(workflowId);
    await cancel(second.runId);
    expect(await executor.run(second.runId)).toMatchObject({
      state: { kind: "cancelled", by: "Tess Owner" },
      startedAt: null,
    });
    await cancel(first.runId);
    await untilGoing(third.runId);
    await cancel(third.runId);
  });

  it("starts those with a higher priority first", async () => {
    const workflowId = await executor.publish(
      `({ concurrency: { limit: 1 }, priority: 1 })${SLEEPS}`,
    );
    const going = await start(workflowId);
    const plain = await start(workflowId);
    const late = await start(workflowId, {}, { priority: -3 });
    const soon = await start(workflowId, {}, { priority: 50 });
    await cancel(going.runId);
    for (const { runId } of [soon, plain, late]) {
      await untilGoing(runId);
      await cancel(runId);
    }
    await expect(
      start(workflowId, {}, { priority: 1.5 }),
    ).rejects.toMatchObject({ data: { code: "invalid_argument" } });
  });
});

describe("a key function", () => {
  it.each([
    ["throws", `() => { throw new Error("no customer") }`, /no customer/],
    ["gives a number", `() => 7`, /a value of type number/],
    ["gives nothing", `() => undefined`, /gave nothing/],
    ["gives an empty text", `() => " "`, /an empty text/],
    ["gives a list", `() => ["a"]`, /a list/],
    ["gives 10 kB", `() => "x".repeat(10_000)`, /10000 characters/],
    ["does not end", `() => { for (;;); }`, /failed/],
  ])("that %s refuses the start and says so", async (_, key, message) => {
    const workflowId = await executor.publish(
      `({\n concurrency: { limit: 1,\n key: ${key} } }).code("a", () => 1)`,
    );
    await expect(start(workflowId)).rejects.toMatchObject({
      data: {
        code: "invalid_key",
        field: "concurrency.key",
        message: expect.stringMatching(message),
      },
    });
  });

  it("that throws is found at its place in the source", async () => {
    const workflowId = await executor.publish(
      `({\n  idempotencyKey: ({ input }) => input.order.id,\n}).code("a", () => 1)`,
    );
    await expect(start(workflowId)).rejects.toMatchObject({
      data: { code: "invalid_key", line: 3 },
    });
  });
});

describe("a rate limit", () => {
  it("queues what is too much until the period is over", async () => {
    const workflowId = await executor.publish(
      `({ rateLimit: { limit: 2, period: "1500ms" } }).code("a", () => 1)`,
    );
    const began = Date.now();
    const runs = [];
    for (let i = 0; i < 4; i++) runs.push(await start(workflowId));
    expect(runs.map(({ outcome }) => outcome)).toEqual([
      "started",
      "started",
      "queued",
      "queued",
    ]);
    const ended = await Promise.all(
      runs.map(({ runId }) => executor.untilEnded(runId)),
    );
    const startedAt = ended.map((run) => (run.startedAt ?? 0) - began);
    expect(Math.min(...startedAt.slice(2))).toBeGreaterThanOrEqual(1_490);
  });

  it("refuses what is too much when it says so, and says when to try again", async () => {
    const workflowId = await executor.publish(
      `({ rateLimit: { limit: 1, period: "1h", strategy: "drop" } }).code("a", () => 1)`,
    );
    await start(workflowId);
    await expect(start(workflowId)).rejects.toMatchObject({
      data: { code: "rate_limited", retryAfterMs: expect.any(Number) },
    });
  });
});

describe("a debounce", () => {
  it("makes one run of triggers that follow each other, with the last input", async () => {
    const workflowId = await executor.publish(
      `({ input: z.object({ n: z.number() }), debounce: { period: "700ms" } }).code("a", ({ input }) => input.n).output(({ steps }) => steps.a)`,
    );
    const first = await start(workflowId, { n: 1 });
    const second = await start(workflowId, { n: 2 });
    const third = await start(workflowId, { n: 3 });
    expect([first, second, third].map(({ outcome }) => outcome)).toEqual([
      "queued",
      "debounced",
      "debounced",
    ]);
    expect(new Set([first.runId, second.runId, third.runId]).size).toBe(1);
    expect(await stateOf(first.runId)).toBe("queued");
    expect(await executor.outputOf(first.runId)).toBe(3);
    const next = await start(workflowId, { n: 4 });
    expect(next.runId).not.toBe(first.runId);
    expect(await executor.outputOf(next.runId)).toBe(4);
  });

  it("does not put the first trigger off for ever", async () => {
    const workflowId = await executor.publish(
      `({ debounce: { period: "1h", maxWait: "1h" } }).code("a", () => 1)`,
    );
    const { runId } = await start(workflowId);
    const [before] = await executor.table("runSeats");
    await new Promise((resolve) => setTimeout(resolve, 20));
    await start(workflowId);
    const [after] = await executor.table("runSeats");
    expect(after?.debounce).toEqual({ ...before?.debounce, triggers: 2 });
    await executor.client.mutation(api.workflowRuns.startNow, { runId });
    expect(await stateOf(runId)).toBe("completed");
  });
});

describe("an idempotency key", () => {
  it("of the caller gives the first run again, and says so", async () => {
    const workflowId = await executor.publish(`().code("a", () => 1)`);
    const first = await start(workflowId, {}, { idempotencyKey: "k1" });
    const again = await start(workflowId, {}, { idempotencyKey: "k1" });
    const other = await start(workflowId, {}, { idempotencyKey: "k2" });
    expect(first.outcome).toBe("started");
    expect(again).toEqual({ ...first, outcome: "existing" });
    expect(other.runId).not.toBe(first.runId);
    await expect(
      start(workflowId, {}, { idempotencyKey: "k".repeat(201) }),
    ).rejects.toMatchObject({ data: { code: "invalid_key" } });
  });

  it("of the workflow counts for its window, and not for replays", async () => {
    const workflowId = await executor.publish(
      `({ idempotencyKey: ({ input }) => input.id, idempotencyWindow: "300ms" }).code("a", () => 1)`,
    );
    const first = await start(workflowId, { id: "o1" });
    expect(await start(workflowId, { id: "o1" })).toMatchObject({
      runId: first.runId,
      outcome: "existing",
    });
    const replay = await executor.client.mutation(api.workflowRuns.replay, {
      runId: first.runId,
      version: "original",
    });
    expect(replay.outcome).toBe("started");
    await new Promise((resolve) => setTimeout(resolve, 320));
    const later = await start(workflowId, { id: "o1" });
    expect(later.runId).not.toBe(first.runId);
  });
});

describe("a paused workflow", () => {
  const setStatus = async (
    workflowId: Id<"workflows">,
    status: "active" | "paused",
    triggers?: "hold" | "refuse",
  ) =>
    await executor.client.mutation(api.workflows.updateStatus, {
      workflowId,
      status,
      ...(triggers === undefined ? {} : { triggers }),
    });

  it("refuses triggers unless it holds them", async () => {
    const workflowId = await executor.publish(`().code("a", () => 1)`);
    await setStatus(workflowId, "paused");
    await expect(start(workflowId)).rejects.toMatchObject({
      data: { code: "paused" },
    });
  });

  it("holds triggers until it is resumed, while running runs go on", async () => {
    const workflowId = await executor.publish(
      `().waitForEvent("go", { event: "go.on" }).code("a", () => 1)`,
    );
    const before = await start(workflowId);
    await setStatus(workflowId, "paused", "hold");
    const held = [await start(workflowId), await start(workflowId)];
    expect(held.map(({ outcome }) => outcome)).toEqual(["queued", "queued"]);
    await executor.client.mutation(api.events.send, {
      organizationId: executor.organizationId,
      name: "go.on",
      data: "{}",
    });
    await executor.untilEnded(before.runId);
    expect(await stateOf(held[0]?.runId ?? before.runId)).toBe("queued");
    await setStatus(workflowId, "active");
    // They were there when the event came, so it is theirs too.
    for (const { runId } of held)
      expect((await executor.untilEnded(runId)).state.kind).toBe("completed");
  });

  it("holds the queues of its limits too", async () => {
    const workflowId = await executor.publish(
      `({ concurrency: { limit: 1 }, rateLimit: { limit: 5, period: "1s" } })${SLEEPS}`,
    );
    const first = await start(workflowId);
    const second = await start(workflowId);
    await setStatus(workflowId, "paused", "hold");
    await cancel(first.runId);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await stateOf(second.runId)).toBe("queued");
    await setStatus(workflowId, "active");
    await untilGoing(second.runId);
    await cancel(second.runId);
  });
});

describe("the limit of an organization", () => {
  const setLimit = async (limit: number | null) =>
    await executor.client.mutation(api.organizations.setRunConcurrency, {
      organizationId: executor.organizationId,
      limit,
    });

  it("is for all its workflows, the highest priority first", async () => {
    const one = await executor.publish(`()${SLEEPS}`);
    await setLimit(1);
    const two = await executor.publish(`({ priority: 5 })${SLEEPS}`);
    const going = await start(one);
    const low = await start(one);
    const high = await start(two);
    expect([going, low, high].map(({ outcome }) => outcome)).toEqual([
      "started",
      "queued",
      "queued",
    ]);
    await cancel(going.runId);
    await untilGoing(high.runId);
    expect(await stateOf(low.runId)).toBe("queued");
    await setLimit(null);
    await untilGoing(low.runId);
    for (const { runId } of [high, low]) await cancel(runId);
    expect((await start(one)).outcome).toBe("started");
  });

  it("lets a higher priority by that comes to a lane whose place waits for the organization", async () => {
    const other = await executor.publish(`()${SLEEPS}`);
    await setLimit(1);
    const lane = await executor.publish(
      `({ concurrency: { limit: 1 } })${SLEEPS}`,
    );
    const going = await start(other);
    const low = await start(lane);
    const high = await start(lane, {}, { priority: 9 });
    expect([low, high].map(({ outcome }) => outcome)).toEqual([
      "queued",
      "queued",
    ]);
    expect(await explanation(high.runId)).toBe(
      "Queued as the next to start: only 1 run of the organization may go at once.",
    );
    expect(await explanation(low.runId)).toMatch(
      /^Queued as the next to start: only 1 run of this workflow may go at once/,
    );
    await cancel(going.runId);
    await untilGoing(high.runId);
    expect(await stateOf(low.runId)).toBe("queued");
    await cancel(high.runId);
    await untilGoing(low.runId);
    await cancel(low.runId);
    await setLimit(null);
  });

  it.each([0, -1, 1.5, 1_001, Infinity])("cannot be %s", async (limit) => {
    await expect(setLimit(limit)).rejects.toMatchObject({
      data: { code: "invalid_argument", field: "limit" },
    });
  });
});

describe("the explanation of a run", () => {
  it("says behind whom it is queued, and on which limit and key", async () => {
    const workflowId = await executor.publish(
      `({ concurrency: { limit: 1, key: ({ input }) => input.who } })${SLEEPS}`,
    );
    const runs = [];
    for (let i = 0; i < 3; i++)
      runs.push((await start(workflowId, { who: "acme" })).runId);
    expect(await Promise.all(runs.map(explanation))).toEqual([
      "The step “nap” sleeps until <time>.",
      "Queued as the next to start: only 1 run of this workflow may go at once for “acme”, and now it is #1.",
      "Queued behind 1 run: only 1 run of this workflow may go at once for “acme”, and now it is #1.",
    ]);
    for (const runId of runs) await cancel(runId);
    expect(await Promise.all(runs.map(explanation))).toEqual(
      runs.map(() => "Cancelled by Tess Owner."),
    );
  });

  it("says until when the rate holds it", async () => {
    const workflowId = await executor.publish(
      `({ rateLimit: { limit: 1, period: "2m" } }).code("a", () => 1)`,
    );
    const runs = [];
    for (let i = 0; i < 3; i++) runs.push((await start(workflowId)).runId);
    const limit = "only 1 run may start in 2 min.";
    expect(await Promise.all(runs.map(explanation))).toEqual([
      "Completed: its last step has ended.",
      `Queued until <time>: ${limit}`,
      `Queued behind 1 run: ${limit}`,
    ]);
    for (const runId of runs.slice(1)) await cancel(runId);
  });

  it("says that it is debounced, and with how many triggers", async () => {
    const workflowId = await executor.publish(
      `({ debounce: { period: "1h" } }).code("a", () => 1)`,
    );
    const { runId } = await start(workflowId);
    const sentence = "Waits for further triggers until <time>.";
    expect(await explanation(runId)).toBe(sentence);
    await start(workflowId);
    expect(await explanation(runId)).toBe(
      `${sentence} 2 came so far; the last counts.`,
    );
    await cancel(runId);
  });

  it("says who paused its workflow", async () => {
    const workflowId = await executor.publish(`().code("a", () => 1)`);
    await executor.client.mutation(api.workflows.updateStatus, {
      workflowId,
      status: "paused",
      triggers: "hold",
    });
    const { runId } = await start(workflowId);
    expect(await explanation(runId)).toBe(
      "Held until the workflow is resumed: Tess Owner paused it at <time>.",
    );
    await cancel(runId);
  });

  it("says what it waits for, and how it ended", async () => {
    const waits = [
      `().waitForEvent("e", { event: "never.sent", match: () => ({ id: 7 }) })`,
      `().approval("ok", { title: "May it?", timeout: "1h" })`,
      `().code("bad", () => { throw new Error("no") })`,
      `().stop("enough")`,
    ];
    const runs = [];
    for (const chain of waits) runs.push(await executor.publishAndStart(chain));
    expect(await Promise.all(runs.map(explanation))).toEqual([
      `The step “e” waits for the event “never.sent” with {"id":7}.`,
      "The step “ok” waits for a decision on “May it?” until <time>.",
      "Failed in the step “bad”: Error: no",
      "Completed early by the step “enough”.",
    ]);
    for (const runId of runs.slice(0, 2)) await cancel(runId);
  });
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
