/** Each thing without which a run would stand still for ever: it is lost, and a minute later made up for. */
import { beforeAll, describe, expect, it } from "vitest";
import type { RunId } from "../../tests/support/executor/executor-harness";
import {
  loseJobs,
  sweepAfterMinute,
} from "../../tests/support/executor/lost-jobs";
import { present } from "../../tests/support/executor/present";
import { useStagedExecutor } from "../../tests/support/executor/use-executor";
import { failedWith } from "../../tests/support/executor/staged-executor";
import { api, internal } from "../_generated/api";
import { SILENCE } from "./effects/stepOutput";
import { isStepEnded } from "./flow/transitions";

const HOUR = 3_600_000;
const MINUTE = 60_000;

const executor = useStagedExecutor();
beforeAll(async () => {
  // Children: 1 sleeps, 2 does not.
  await executor.publishAndStart(`().delay("nap", "1h").output(() => "woke")`);
  await executor.publishAndStart(`().code("a", () => 1).output(() => "done")`);
  await executor.pass(2 * HOUR);
});

async function stepOf(runId: RunId, key: string) {
  return present((await executor.steps(runId)).get(key));
}

async function childOf(runId: RunId): Promise<RunId> {
  return present((await stepOf(runId, "inner")).childRun).runId;
}

async function skipNap(runId: RunId): Promise<void> {
  const nap = { runId, stepKey: "nap" };
  await executor.owner.mutation(api.stepExecutions.skipDelay, nap);
}

async function send(name: string, data: unknown = {}): Promise<void> {
  const { organizationId } = executor;
  const event = { organizationId, name, data: JSON.stringify(data) };
  await executor.owner.mutation(api.events.send, event);
}

async function failCall(): Promise<void> {
  const [task] = await executor.claim();
  const { taskId } = present(task);
  const report = { taskId, result: failedWith(true), output: SILENCE };
  await executor.exchange({ reports: [report] });
}

type Loss = {
  chain: string;
  /** Until what is to be lost is scheduled; gives the run that stands still when that is another one. */
  reach?: (runId: RunId) => Promise<unknown>;
  /** The function that is not called. */
  job: string;
  /** What is said of it after five tries. */
  what: RegExp;
  /** Where the run comes to once it is called. */
  end: "completed" | "failed" | "waiting";
};

const LOSSES: [string, Loss][] = [
  [
    "a backlog that nobody goes on with",
    {
      chain: `().loop("many", { times: 300, do: (flow) => flow.code("x", () => 1) })`,
      job: "resume",
      what: /(start|advance) many.* and \d+ more/,
      end: "completed",
    },
  ],
  [
    "an event that was not taken",
    {
      chain: `().waitForEvent("word", { event: "said" })`,
      reach: () => send("said"),
      job: "deliver",
      what: /the event of word/,
      end: "completed",
    },
  ],
  [
    "a look back over many events that did not go on",
    {
      chain: `().delay("nap", "9h").waitForEvent("word", { event: "said.often", match: () => ({ n: 120 }) })`,
      reach: async (runId) => {
        for (let n = 0; n <= 120; n++) await send("said.often", { n });
        await skipNap(runId);
      },
      job: "lookFurther",
      what: /the look back of word/,
      end: "completed",
    },
  ],
  [
    "a run inside that did not start",
    {
      chain: `().run("inner", { workflow: "flow-2" })`,
      job: "start",
      what: /the run of inner, attempt 1/,
      end: "completed",
    },
  ],
  [
    "a run inside whose end was not taken",
    {
      chain: `().run("inner", { workflow: "flow-1" })`,
      reach: async (runId) => {
        await executor.pass();
        await skipNap(await childOf(runId));
      },
      job: "ended",
      what: /the end of the run of inner, attempt 1/,
      end: "completed",
    },
  ],
  [
    "the timer of a delay",
    {
      chain: `().delay("nap", "1h")`,
      job: "fire",
      what: /the delay of nap, attempt 1/,
      end: "completed",
    },
  ],
  [
    "the timer of a retry",
    {
      chain: `().http("call", { request: () => ({ url: "https://example.com" }), retry: { maxAttempts: 2, initialDelay: "1m", backoff: "fixed" } }).delay("later", "9h")`,
      reach: failCall,
      job: "fire",
      what: /the retry of call, attempt 1/,
      // The test is the worker, and its second attempt fails too.
      end: "failed",
    },
  ],
  [
    "the end of the time of an approval",
    {
      chain: `().approval("boss", { title: "Go on?", timeout: "1h", onTimeout: "approve" })`,
      job: "fire",
      what: /the waitTimeout of boss, attempt 1/,
      end: "completed",
    },
  ],
  [
    "the end of the time of a wait for an event",
    {
      chain: `().waitForEvent("word", { event: "never", timeout: "1h" })`,
      job: "fire",
      what: /the waitTimeout of word, attempt 1/,
      end: "failed",
    },
  ],
  [
    "the end of the time of a run inside",
    {
      chain: `().run("inner", { workflow: "flow-1", timeout: "10m" })`,
      reach: async (runId) => {
        await executor.pass();
        // Its own nap is to outlast everything here.
        const { _id } = await stepOf(await childOf(runId), "nap");
        await executor.t.run(async ({ db }) => {
          const until = Date.now() + 1_000 * HOUR;
          const state = { kind: "waiting", for: "delay", until } as const;
          await db.patch("stepExecutions", _id, { state });
        });
      },
      job: "fire",
      what: /the stepTimeout of inner, attempt 1/,
      end: "failed",
    },
  ],
  [
    "the end of the time of a run",
    {
      chain: `({ timeout: "1h" }).delay("nap", "9h")`,
      job: "fire",
      what: /the runTimeout/,
      end: "failed",
    },
  ],
  [
    "the end of the time of a step around others",
    {
      chain: `().loop("each", { times: 2, do: (flow) => flow.condition("around", { timeout: "1h", if: () => true, then: (inner) => inner.delay("nap", "9h") }) })`,
      reach: () => executor.pass(),
      job: "fire",
      what: /the stepTimeout of each\[0\]\/around, attempt 1/,
      end: "failed",
    },
  ],
  [
    "what a replay from a step takes over",
    {
      chain: `().code("a", () => 1).code("b", () => 2)`,
      job: "prepare",
      what: /preparing portion 0/,
      end: "completed",
    },
  ],
];

/** A run that stands still. */
async function lose({ chain, reach, job }: Loss): Promise<RunId> {
  const first = await executor.publishAndStart(chain);
  const runId = job === "prepare" ? await replay(first) : first;
  await reach?.(runId);
  await loseJobs(executor, job);
  await executor.pass(2 * HOUR);
  return runId;
}

async function replay(runId: RunId): Promise<RunId> {
  const wanted = { runId, version: "original", fromStep: "b" } as const;
  return (await executor.owner.mutation(api.workflowRuns.replay, wanted)).runId;
}

/** The part of a sweep that looks at this run; what it asks for has not happened yet. */
async function repairOnce(runId: RunId): Promise<void> {
  const { repairRuns } = internal.executor.repairs;
  const { state } = await executor.run(runId);
  const kind = state.kind === "running" ? "running" : "waiting";
  await executor.t.mutation(repairRuns, { kind, after: 0 });
}

describe.each(LOSSES)("%s", (_name, loss) => {
  it("is made up for by the sweep", async () => {
    const runId = await lose(loss);
    const before = await executor.run(runId);
    expect(before.endedAt).toBeNull();
    await sweepAfterMinute(executor);
    // A backlog is normal until it is the same a minute later.
    if (before.backlog.length > 0) await sweepAfterMinute(executor);
    if (loss.chain.includes("http")) await failCall();
    expect((await executor.run(runId)).state.kind).toBe(loss.end);
  });

  it("ends the run with a reason when five tries come to nothing", async () => {
    const runId = await lose(loss);
    if ((await executor.run(runId)).backlog.length > 0) await repairOnce(runId);
    for (let tries = 0; tries < 5; tries++) {
      expect((await executor.run(runId)).endedAt).toBeNull();
      await executor.pass(MINUTE);
      await repairOnce(runId);
      await loseJobs(executor, loss.job);
    }
    await sweepAfterMinute(executor);
    const { state, error } = await executor.run(runId);
    expect(state).toMatchObject({
      kind: "failed",
      error: { name: "InternalError" },
    });
    expect(error?.code).toBe("internal");
    expect(error?.message).toMatch(loss.what);
    expect(error?.message).toMatch(/failed 5 times/);
    for (const step of (await executor.steps(runId)).values())
      expect(isStepEnded(step.state)).toBe(true);
  });
});

describe("the cancel of a run inside whose step was cut off", () => {
  const abandoned = async (): Promise<RunId> => {
    const runId = await executor.publishAndStart(
      `().run("inner", { workflow: "flow-1" })`,
    );
    await executor.pass();
    await executor.cancel(runId);
    await loseJobs(executor, "cancel");
    return await childOf(runId);
  };

  it("is made up for by the sweep", async () => {
    const childId = await abandoned();
    expect((await executor.run(childId)).state.kind).toBe("waiting");
    await sweepAfterMinute(executor);
    const { state, parent } = await executor.run(childId);
    const by = `${parent?.workflowName} #${parent?.number}`;
    expect(state).toEqual({ kind: "cancelled", by });
  });

  it("ends it with a reason when five tries come to nothing", async () => {
    const childId = await abandoned();
    for (let tries = 0; tries < 5; tries++) {
      await executor.pass(MINUTE + 1_000);
      await repairOnce(childId);
      await loseJobs(executor, "cancel");
    }
    await sweepAfterMinute(executor);
    const { state, error } = await executor.run(childId);
    expect(state.kind).toBe("failed");
    expect(error?.message).toMatch(
      /the cancel by inner of run #\d+\) failed 5/,
    );
  });

  it("comes at the latest when it would begin, if it is queued", async () => {
    const holder = await executor.publishAndStart(
      `({ concurrency: { limit: 1 } }).delay("nap", "9h")`,
    );
    const { workflowSlug } = await executor.run(holder);
    const runId = await executor.publishAndStart(
      `().run("inner", { workflow: "${workflowSlug}" })`,
    );
    await executor.pass();
    const childId = await childOf(runId);
    expect((await executor.run(childId)).state.kind).toBe("queued");
    await executor.cancel(runId);
    await loseJobs(executor, "cancel");
    await executor.cancel(holder);
    await executor.pass();
    expect((await executor.run(childId)).state.kind).toBe("cancelled");
    expect((await executor.steps(childId)).size).toBe(0);
  });
});

it("what was active in a run that has ended is ended by the sweep when nobody goes on with it", async () => {
  const naps = `(flow) => flow.loop("$", { times: 600, concurrency: 600, do: (flow) => flow.delay("nap$", "1h") })`;
  const [a, b] = [naps.replaceAll("$", "a"), naps.replaceAll("$", "b")];
  const runId = await executor.publishAndStart(
    `().parallel("both", { left: ${a}, right: ${b} })`,
  );
  await executor.pass();
  await executor.cancel(runId);
  await loseJobs(executor, "endRest");
  const active = async () =>
    [...(await executor.steps(runId)).values()].filter(
      ({ state }) => !isStepEnded(state),
    ).length;
  expect(await active()).toBeGreaterThan(0);
  await sweepAfterMinute(executor);
  expect(await active()).toBe(0);
  expect(await executor.rows("runEndings")).toEqual([]);
});

describe("a run inside that is deleted while its step waits for it", () => {
  const deleted = async (more: string): Promise<RunId> => {
    const runId = await executor.publishAndStart(
      `().run("inner", { workflow: "flow-1", retry: { maxAttempts: 3 }${more} })`,
    );
    await executor.pass();
    const childId = await childOf(runId);
    await executor.t.run(async ({ db }) => {
      const steps = await db.query("stepExecutions").collect();
      for (const step of steps)
        if (step.runId === childId) await db.delete("stepExecutions", step._id);
      await db.delete("workflowRuns", childId);
    });
    await sweepAfterMinute(executor);
    return runId;
  };

  it("gives the step an error that says so, and is not tried again", async () => {
    const runId = await deleted("");
    const { state, error } = await executor.run(runId);
    expect(state.kind).toBe("failed");
    expect(error).toMatchObject({
      name: "ChildRunError",
      code: "child_missing",
      message: expect.stringMatching(/^Run #\d+ of flow-1 is gone/),
    });
    const { _id } = await stepOf(runId, "inner");
    const attempts = (await executor.rows("stepAttempts")).filter(
      ({ stepId }) => stepId === _id,
    );
    expect(attempts.map(({ status }) => status)).toEqual(["failed"]);
  });

  it("lets the run go on when it may", async () => {
    const runId = await deleted(`, onError: "continue"`);
    expect((await executor.run(runId)).state.kind).toBe("completed");
  });
});

it("a run inside that its workflow has no room for gives the step an error that says so", async () => {
  const limited = `({ concurrency: { limit: 1, strategy: "drop" } }).delay("nap", "1h")`;
  const holder = await executor.publishAndStart(limited);
  const { workflowSlug } = await executor.run(holder);
  const runId = await executor.publishAndStart(
    `().run("inner", { workflow: "${workflowSlug}" })`,
  );
  await executor.pass();
  expect((await executor.run(runId)).error).toMatchObject({
    name: "RunStartError",
    code: "dropped",
    message: expect.stringMatching(/could not be started: Not run: 1 run goes/),
  });
  await executor.cancel(holder);
});
