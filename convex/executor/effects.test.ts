import { describe, expect, it, vi } from "vitest";
import { api } from "../_generated/api";
import { json } from "../../tests/support/answering-server";
import {
  attemptsOf,
  call,
  QUICK,
} from "../../tests/support/executor/http-calls";
import { useExecutor } from "../../tests/support/executor/use-executor";

const executor = useExecutor();

describe("a step that fails at first", () => {
  it("is tried again until it succeeds, and every attempt is there to see", async () => {
    executor.server.answer = (_, response) => {
      const isThird = executor.server.asked.length === 3;
      json(response, { isThird }, isThird ? 200 : 503);
    };
    const runId = await executor.publishAndStart(
      `()${call(QUICK)}.output(({ steps }) => steps.call.body)`,
    );
    expect(await executor.outputOf(runId)).toEqual({ isThird: true });
    const attempts = await attemptsOf(executor, runId);
    expect(attempts.map(({ number, status }) => [number, status])).toEqual([
      [1, "failed"],
      [2, "failed"],
      [3, "completed"],
    ]);
    expect(attempts[0]?.error).toMatchObject({
      code: "http_status",
      http: { status: 503 },
    });
    expect(await executor.step(runId, "call")).toMatchObject({
      attempt: 3,
      maxAttempts: 3,
    });
  });

  it("waits as long as Retry-After says, visibly, unless a person retries now", async () => {
    executor.server.answer = (_, response) =>
      json(response, {}, 429, { "retry-after": "3600" });
    const runId = await executor.publishAndStart(`()${call(QUICK)}`);
    const step = await executor.untilStep(
      runId,
      "call",
      ({ state }) => state.kind === "retrying",
    );
    const { state } = await executor.run(runId);
    if (step.state.kind !== "retrying" || state.kind !== "waiting")
      throw new Error("it does not wait");
    expect(step.state.nextRetryAt).toBeGreaterThanOrEqual(
      step.createdAt + 3_600_000,
    );
    expect(state).toMatchObject({
      for: "retry",
      stepKey: "call",
      until: step.state.nextRetryAt,
    });
    executor.server.answer = (_, response) => json(response, {});
    const retryNow = () =>
      executor.client.mutation(api.stepExecutions.retryNow, {
        runId,
        stepKey: "call",
      });
    await retryNow();
    expect((await executor.untilEnded(runId)).state.kind).toBe("completed");
    await expect(retryNow()).rejects.toThrow(/no longer waiting/);
    expect(executor.server.asked).toHaveLength(2);
  });

  it("fails at once when another attempt cannot help", async () => {
    executor.server.answer = (_, response) => json(response, {}, 404);
    const runId = await executor.publishAndStart(`()${call(QUICK)}`);
    const { state } = await executor.untilEnded(runId);
    expect(state).toMatchObject({
      error: { name: "HttpError", stepKey: "call" },
    });
    expect(executor.server.asked).toHaveLength(1);
  });

  it("fails with its last error when its attempts are used up", async () => {
    executor.server.answer = (_, response) =>
      json(response, {}, 500 + executor.server.asked.length);
    const runId = await executor.publishAndStart(`()${call(QUICK)}`);
    const { error } = await executor.untilEnded(runId);
    expect(error?.http?.status).toBe(503);
    expect(executor.server.asked).toHaveLength(3);
  });

  it("lets the run go on when it may fail", async () => {
    executor.server.answer = (_, response) => json(response, {}, 404);
    const runId = await executor.publishAndStart(
      `()${call('onError: "continue"')}.code("after", ({ steps }) => steps.call).output(({ steps }) => [steps.after])`,
    );
    expect(await executor.outputOf(runId)).toEqual([null]);
  });
});

describe("the request of an http step", () => {
  it("has the same idempotency key on every attempt (E3)", async () => {
    executor.server.answer = (_, response) =>
      json(response, {}, executor.server.asked.length === 2 ? 200 : 503);
    const runId = await executor.publishAndStart(
      `().http("call", { request: () => ({ url: "$server/", json: { a: Math.random() } }), ${QUICK} })`,
    );
    await executor.untilEnded(runId);
    const [first, second] = executor.server.asked;
    expect(first?.headers["idempotency-key"]).toBe(`${runId}:call`);
    expect(second?.headers["idempotency-key"]).toBe(`${runId}:call`);
    expect(second?.body).toBe(first?.body);
  });

  it("may log while it is made; the lines are in the attempt that sends it", async () => {
    const runId = await executor.publishAndStart(
      `().http("call", { request: () => { console.log("asking"); return { url: "$server/" }; } })`,
    );
    await executor.untilEnded(runId);
    const lines = await executor.lines(await executor.step(runId, "call"));
    expect(lines).toMatchObject([{ index: 0, level: "info", text: "asking" }]);
  });

  it("fails the step when it is no request", async () => {
    const runId = await executor.publishAndStart(
      `().http("call", { request: () => ({ url: 7 }) })`,
    );
    const { error } = await executor.untilEnded(runId);
    expect(error?.code).toBe("invalid_request");
  });

  it("that cannot be made fails the step without a call", async () => {
    const runId = await executor.publishAndStart(
      `().http("call", { request: () => { throw new Error("no address") } })`,
    );
    const { error } = await executor.untilEnded(runId);
    expect(error).toMatchObject({ code: "user_error", message: "no address" });
    expect(executor.server.asked).toEqual([]);
  });
});

const textOf = (parts: { text: string }[]) =>
  parts.map(({ text }) => text).join("");

describe("an action", () => {
  it("calls and logs, and its output is the step's", async () => {
    executor.server.answer = (_, response) => json(response, { n: 41 });
    const runId = await executor.publishAndStart(`()
      .action("act", async ({ fetch, log }) => {
        const { n } = await (await fetch("$server/n")).json();
        log.warn("got", n);
        return n + 1;
      })
      .output(({ steps }) => steps.act)`);
    expect(await executor.outputOf(runId)).toBe(42);
    const lines = await executor.lines(await executor.step(runId, "act"));
    expect(lines).toMatchObject([{ level: "warn", text: "got 41" }]);
  });

  it("shows what it logs and streams while it runs", async () => {
    const answers: (() => void)[] = [];
    executor.server.answer = (_, response) =>
      void answers.push(() => json(response, {}));
    const runId = await executor.publishAndStart(`()
      .action("act", async ({ fetch, log, stream }) => {
        log("before"); stream("one "); stream("two");
        await fetch("$server/");
        log("after"); stream(" three");
      })`);
    await executor.server.until(() => executor.server.asked.length === 1);
    const step = await executor.step(runId, "act");
    await vi.waitFor(async () => {
      expect(await executor.lines(step)).toMatchObject([{ text: "before" }]);
      expect(textOf(await executor.streamed(step))).toBe("one two");
    }, 5_000);
    answers[0]?.();
    await executor.untilEnded(runId);
    expect(await executor.lines(step)).toMatchObject([
      { index: 0, text: "before" },
      { index: 1, text: "after" },
    ]);
    expect(textOf(await executor.streamed(step))).toBe("one two three");
  });

  it("that logs or streams too much is cut, and says so", async () => {
    const runId = await executor.publishAndStart(`()
      .action("lines", async ({ fetch, log }) => {
        for (let i = 0; i < 12; i++) {
          for (let j = 0; j < 1000; j++) log(i, j);
          await fetch("$server/");
        }
      })
      .action("chars", ({ log, stream }) => {
        for (let i = 0; i < 60; i++) { log("x".repeat(20000)); stream("y".repeat(20000)); }
      })`);
    expect((await executor.untilEnded(runId)).state.kind).toBe("completed");
    const many = await executor.lines(await executor.step(runId, "lines"));
    expect(many).toHaveLength(10_001);
    expect(many.at(-1)).toMatchObject({
      index: 10_000,
      level: "warn",
      text: expect.stringContaining("cut here"),
    });
    const step = await executor.step(runId, "chars");
    const large = await executor.lines(step);
    expect(large).toHaveLength(53);
    expect(large.at(-1)?.text).toContain("cut here");
    const stream = await executor.streamed(step);
    expect(textOf(stream)).toHaveLength(1024 * 1024);
    expect(stream.map(({ isCut }) => isCut).filter(Boolean)).toEqual([true]);
  });

  it.each([
    [`throw new Error("again")`, 3, "user_error"],
    [`throw new NonRetryableError("never")`, 1, "user_error"],
    [`return "x".repeat(20 * 1024 * 1024)`, 1, "payload_too_large"],
  ])("%s takes %i attempts", async (body, attempts, code) => {
    const runId = await executor.publishAndStart(
      `().action("act", async () => { ${body} }, { ${QUICK} })`,
    );
    const { error } = await executor.untilEnded(runId);
    expect(error?.code).toBe(code);
    expect(await attemptsOf(executor, runId, "act")).toHaveLength(attempts);
  });
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
