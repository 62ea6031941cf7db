import { describe, expect, it, vi } from "vitest";
import { SILENCE } from "./effects/stepOutput";
import { api } from "../_generated/api";
import { json } from "../../tests/support/answering-server";
import type {
  ExecutorHarness,
  RunId,
} from "../../tests/support/executor/executor-harness";
import { useExecutor } from "../../tests/support/executor/use-executor";
import { present } from "../../tests/support/executor/present";

const executor = useExecutor();

const call = (options = "") =>
  `.http("call", { request: () => ({ url: "$server/call" }), ${options} })`;
const QUICK =
  'retry: { maxAttempts: 3, backoff: "fixed", initialDelay: "20ms" }';
const never = () => undefined;

async function attemptsOf(runId: RunId, key = "call") {
  return await executor.attempts(await executor.step(runId, key));
}

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
    const attempts = await attemptsOf(runId);
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
    expect(await attemptsOf(runId, "act")).toHaveLength(attempts);
  });
});

describe("time", () => {
  it("of a step runs out over all attempts together, and its request is aborted", async () => {
    executor.server.answer = never;
    const runId = await executor.publishAndStart(
      `()${call(`timeout: "150ms", ${QUICK}`)}`,
    );
    const { error } = await executor.untilEnded(runId);
    expect(error?.code).toBe("timeout");
    await executor.server.until(() => executor.server.open === 0);
    expect(executor.server.asked).toMatchObject([{ aborted: true }]);
  });

  it("of a run runs out, and everything in it ends", async () => {
    executor.server.answer = never;
    const runId = await executor.publishAndStart(
      `({ timeout: "400ms" })
        .loop("both", { times: 2, concurrency: 2, do: (flow) => flow
          .condition("first", { if: ({ index }) => index === 0,
            then: (flow) => flow.http("call", { request: () => ({ url: "$server/" }) }),
            else: (flow) => flow.delay("long", "1h") }) })`,
    );
    const { error } = await executor.untilEnded(runId);
    expect(error).toMatchObject({
      code: "timeout",
      message: expect.stringContaining("timeout"),
    });
    expect((await executor.step(runId, "both")).state.kind).toBe("cancelled");
    expect(await executor.tasksOf(runId)).toEqual([]);
    await executor.server.until(() => executor.server.open === 0);
  });

  it("of a very long step timeout does not overflow", async () => {
    const runId = await executor.publishAndStart(
      `()${call('timeout: "300d"')}`,
    );
    expect((await executor.untilEnded(runId)).state.kind).toBe("completed");
  });

  it("of a delay passes, and the run says that it waits", async () => {
    const runId = await executor.publishAndStart(
      `().delay("nap", "300ms").code("after", () => 1)`,
    );
    const run = await executor.untilEnded(runId);
    expect(run.state.kind).toBe("completed");
    const { startedAt, endedAt, output } = await executor.step(runId, "nap");
    expect(present(endedAt) - present(startedAt)).toBeGreaterThanOrEqual(300);
    expect(await executor.value(output)).toBe(
      new Date(present(endedAt)).toISOString(),
    );
  });

  it("of a delay may be skipped by a person, once", async () => {
    const runId = await executor.publishAndStart(
      `().delay("long", "1h").code("after", () => 1)`,
    );
    const { state } = await executor.untilStep(runId, "long", () => true);
    expect(state).toMatchObject({ kind: "waiting", for: "delay" });
    expect((await executor.run(runId)).state).toMatchObject({
      kind: "waiting",
      for: "delay",
      stepKey: "long",
    });
    const skip = () =>
      executor.client.mutation(api.stepExecutions.skipDelay, {
        runId,
        stepKey: "long",
      });
    await skip();
    expect((await executor.untilEnded(runId)).state.kind).toBe("completed");
    await expect(skip()).rejects.toThrow(/already over/);
  });

  it.each([
    ["() => 0", "completed"],
    ["() => 0.5 + Date.now()", "completed"],
    ['() => "2001-01-01"', "completed"],
    ['() => "soon"', "failed"],
    ["() => 1e300", "failed"],
  ])("of a delay until %s: %s", async (until, kind) => {
    const runId = await executor.publishAndStart(
      `().delay("until", { until: ${until} })`,
    );
    expect((await executor.untilEnded(runId)).state.kind).toBe(kind);
  });
});

describe("a cancel in the middle", () => {
  it("ends run, steps and tasks together, aborts requests, and nothing changes afterwards (E6)", async () => {
    executor.server.answer = ({ path }, response) => {
      if (path === "/fast") json(response, {});
    };
    const runId = await executor.publishAndStart(`()
      .http("before", { request: () => ({ url: "$server/fast" }) })
      .loop("calls", { times: 8, concurrency: 5, do: (flow) => flow
        .http("call", { request: ({ index }) => ({ url: "$server/slow/" + index }) }) })
      .code("after", () => 1)`);
    await executor.server.until(() => executor.server.open === 5);
    await executor.client.mutation(api.workflowRuns.cancel, { runId });
    const everything = async () => ({
      run: await executor.run(runId),
      steps: [...(await executor.steps(runId)).values()],
      iterations: await executor.children(runId, "calls"),
      call: await executor.children(runId, "calls[4]"),
      attempts: await executor.attempts(
        present((await executor.children(runId, "calls[4]"))[0]),
      ),
    });
    const cancelled = await everything();
    expect(cancelled.run.state).toEqual({
      kind: "cancelled",
      by: "Tess Owner",
    });
    expect(await executor.tasksOf(runId)).toEqual([]);
    expect(cancelled.steps.map(({ key, state }) => [key, state.kind])).toEqual([
      ["before", "completed"],
      ["calls", "cancelled"],
    ]);
    expect(cancelled.iterations).toHaveLength(5);
    expect(cancelled.attempts).toMatchObject([{ status: "cancelled" }]);
    await executor.server.until(() => executor.server.open === 0);
    expect(executor.server.asked.filter(({ aborted }) => aborted)).toHaveLength(
      5,
    );
    await someOtherRunEnds();
    expect(await everything()).toEqual(cancelled);
    await expect(
      executor.client.mutation(api.workflowRuns.cancel, { runId }),
    ).rejects.toThrow(/already ended/);
  });

  it("ends a run that sleeps", async () => {
    const runId = await executor.publishAndStart(`().delay("long", "1h")`);
    await executor.client.mutation(api.workflowRuns.cancel, { runId });
    expect((await executor.step(runId, "long")).state.kind).toBe("cancelled");
  });
});

/** Reports of one worker come in order: when this has ended, those before it have been applied. */
async function someOtherRunEnds(): Promise<void> {
  executor.server.answer = (_, response) => json(response, {});
  const workflowId = await executor.publish(`()${call()}`);
  for (let i = 0; i < 4; i++)
    await executor.untilEnded(await executor.start(workflowId));
}

describe("a report (E2)", () => {
  const failed = {
    kind: "failed" as const,
    error: {
      name: "Late",
      message: "late",
      code: "late",
      retryable: false,
      frames: [],
    },
    retryAfterMs: null,
  };

  async function inFlight() {
    await executor.server.until(() => executor.server.open === 0);
    executor.server.answer = never;
    const runId = await executor.publishAndStart(`()${call()}
      .output(({ steps }) => steps.call)`);
    await executor.server.until(() => executor.server.open === 1);
    const task = present((await executor.tasksOf(runId))[0]);
    const slots = await executor.table("workerSlots");
    const { slot, generation } = present(
      slots.find((row) => row.slot === task.slot),
    );
    const report = (
      result: Parameters<
        ExecutorHarness["exchange"]
      >[0]["reports"][0]["result"],
      change = {},
    ) =>
      executor.exchange({
        slot,
        generation,
        reports: [{ taskId: task._id, result, output: SILENCE }],
        said: [],
        room: 0,
        inFlight: [task._id],
        extendLease: false,
        mayRest: false,
        ...change,
      });
    return { runId, report, slot, generation, taskId: task._id };
  }
  const ok = (json: string) =>
    ({ kind: "completed", output: { kind: "inline", json } }) as const;

  it("of a worker that was superseded changes nothing", async () => {
    const { runId, report, generation } = await inFlight();
    const before = await executor.step(runId, "call");
    expect(await report(failed, { generation: generation - 1 })).toEqual({
      kind: "superseded",
    });
    expect(await report(failed, { generation: generation + 1 })).toEqual({
      kind: "superseded",
    });
    expect(await executor.step(runId, "call")).toEqual(before);
    await report(ok('"first"'));
    expect(await executor.outputOf(runId)).toBe("first");
  });

  it("that comes again, or later with something else, changes nothing", async () => {
    const { runId, report, taskId } = await inFlight();
    await report(ok('"first"'));
    const ended = await executor.untilEnded(runId);
    const step = await executor.step(runId, "call");
    const attempts = await attemptsOf(runId);
    expect(await report(ok('"second"'))).toMatchObject({ gone: [taskId] });
    await report(failed);
    await executor.server.until(() => executor.server.open === 0);
    expect(await executor.run(runId)).toEqual(ended);
    expect(await executor.step(runId, "call")).toEqual(step);
    expect(await attemptsOf(runId)).toEqual(attempts);
    expect(await executor.outputOf(runId)).toBe("first");
  });

  it("that leads to a turn that cannot be taken ends the run, and no other", async () => {
    const { runId, taskId, slot, generation } = await inFlight();
    const abandon = (change = {}) =>
      executor.abandon({ slot, generation, taskId, ...change });
    await abandon({ generation: generation - 1 });
    expect((await executor.run(runId)).state.kind).toBe("running");
    await abandon();
    expect(await executor.run(runId)).toMatchObject({
      state: { kind: "failed", error: { stepKey: "call" } },
      error: { code: "internal" },
    });
    expect(await executor.tasksOf(runId)).toEqual([]);
    await executor.server.until(() => executor.server.open === 0);
  });

  it("of a run that was cancelled meanwhile changes nothing", async () => {
    const { runId, report } = await inFlight();
    await executor.client.mutation(api.workflowRuns.cancel, { runId });
    const cancelled = await executor.step(runId, "call");
    await report(ok('"late"'));
    expect(await executor.step(runId, "call")).toEqual(cancelled);
    expect((await executor.run(runId)).state.kind).toBe("cancelled");
    await executor.server.until(() => executor.server.open === 0);
  });
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
