/** When runs start: rates, debounce, keys and pauses. */
import { describe, expect, it } from "vitest";
import { api } from "../_generated/api";
import type { Id } from "../_generated/dataModel";
import { SLEEPS, useStarts } from "../../tests/support/executor/use-starts";

const { executor, start, stateOf, cancel, untilGoing } = useStarts();

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

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
