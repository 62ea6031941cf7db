import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { api } from "../../convex/_generated/api";
import type { Id } from "../../convex/_generated/dataModel";
import { startDeployment, type Deployment } from "../support/deployment";
import { startHttpTarget, type HttpTarget } from "../support/http-target";
import {
  createWorkspace,
  publishWorkflow,
  startRun,
  waitForRun,
  type Workspace,
} from "../support/workspace";

const calls = 20;
const concurrency = 4;
const delaySeconds = 8;
const recoveryMs = 20_000;

const source = (port: number): string => `
import { workflow, z } from "lockstep";

export default workflow({ input: z.object({}) })
  .code("numbers", () => Array.from({ length: ${calls} }, (_, index) => index))
  .loop("calls", {
    each: ({ steps }) => steps.numbers,
    concurrency: ${concurrency},
    do: (flow) =>
      flow.http("call", {
        request: ({ item }) => ({ url: "http://127.0.0.1:${port}/call/" + item }),
      }),
  })
  .delay("rest", "${delaySeconds}s")
  .code("done", ({ steps }) => steps.calls.length)
  .output(({ steps }) => ({ count: steps.done }));
`;

let target: HttpTarget;
let deployment: Deployment;
let workspace: Workspace;
let workflowId: Id<"workflows">;

beforeAll(async () => {
  target = await startHttpTarget({ delayMs: 400 });
  deployment = await startDeployment({ demoPort: target.port });
  workspace = await createWorkspace(deployment.url);
  workflowId = await publishWorkflow(workspace, "Chaos", source(target.port));
});

afterAll(async () => {
  await deployment?.stop();
  await target?.stop();
});

async function callsSeen(atLeast: number): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (target.requests.length < atLeast) {
    if (Date.now() > deadline) {
      throw new Error(`only ${target.requests.length} calls were made`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Every step of the run, loop bodies included. */
async function allSteps(runId: Id<"workflowRuns">) {
  const { client } = workspace;
  const top = await client.query(api.stepExecutions.listByRun, { runId });
  const iterations = await children(runId, "calls");
  const bodies = await Promise.all(
    iterations.map(({ key }) => children(runId, key)),
  );
  return [...top, ...iterations, ...bodies.flat()];
}

async function children(runId: Id<"workflowRuns">, parentKey: string) {
  const { page } = await workspace.client.query(
    api.stepExecutions.listChildren,
    { runId, parentKey, paginationOpts: { numItems: 100, cursor: null } },
  );
  return page;
}

function repeats(requests: string[]): number {
  return requests.length - new Set(requests).size;
}

describe("kill -9 of the backend in the middle of a run", () => {
  it("the run goes on after a restart, no step ends twice, and only calls in flight are repeated", async () => {
    const runId = await startRun(workspace, workflowId, {});

    await callsSeen(7);
    await deployment.crash();
    await deployment.restart();

    const isResting = await waitForRun(workspace, runId, {
      timeoutMs: recoveryMs + 30_000,
      isDone: (run) => run.state.kind !== "running",
    });
    expect(isResting.state).toMatchObject({ kind: "waiting", for: "delay" });
    const dueAt =
      isResting.state.kind === "waiting" ? (isResting.state.until ?? 0) : 0;

    await deployment.crash();
    await deployment.restart();
    const run = await waitForRun(workspace, runId, {
      timeoutMs: delaySeconds * 1000 + recoveryMs,
    });

    expect(run.state).toEqual({ kind: "completed" });
    expect(run.endedAt).toBeGreaterThanOrEqual(dueAt);
    expect(new Set(target.requests).size).toBe(calls);
    expect(repeats(target.requests)).toBeLessThanOrEqual(concurrency);

    const steps = await allSteps(runId);
    const keys = steps.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(steps).toHaveLength(4 + calls * 2);
    expect(new Set(steps.map(({ state }) => state.kind))).toEqual(
      new Set(["completed"]),
    );
    for (const step of steps.filter(({ kind }) => kind === "http")) {
      const attempts = await workspace.client.query(
        api.stepExecutions.listAttempts,
        { runId, stepKey: step.key },
      );
      const successes = attempts.filter(
        (attempt) => attempt.status === "completed",
      );
      expect(successes).toHaveLength(1);
    }
  });

  it("a run that was started and acknowledged is there after the crash", async () => {
    const runId = await startRun(workspace, workflowId, {});
    await deployment.crash();
    await deployment.restart();
    const run = await waitForRun(workspace, runId, {
      timeoutMs: delaySeconds * 1000 + 2 * recoveryMs,
    });
    expect(run.state).toEqual({ kind: "completed" });
  });
});
