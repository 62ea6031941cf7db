/** What a run that is going says about why it is where it is. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { present } from "../../../tests/support/executor/present";
import type { RunId } from "../../../tests/support/executor/executor-harness";
import {
  failedWith,
  type StagedExecutor,
  startStaged,
} from "../../../tests/support/executor/staged-executor";
import { api } from "../../_generated/api";
import { SILENCE } from "../effects/stepOutput";

let executor: StagedExecutor;
beforeAll(async () => {
  executor = await startStaged();
}, 120_000);
afterAll(() => executor?.stop());

const EFFECT = `().http("ask", { request: () => ({ url: "https://example.com" }), retry: { maxAttempts: 3, backoff: "fixed", initialDelay: "1h", maxDelay: "1h" } })`;

/** The sentence, with times as minutes since `from`. */
async function explained(runId: RunId, from: number): Promise<string> {
  const parts = await executor.owner.query(api.workflowRuns.explain, { runId });
  return present(parts)
    .map((part) => {
      if (part.kind === "text") return part.text;
      return part.kind === "run"
        ? `#${part.number}`
        : `<${Math.round((part.at - from) / 60_000)} min>`;
    })
    .join("");
}

const setWorker = async (kind: "idle" | "running") =>
  await executor.t.run(async ({ db }) => {
    const row = present(await db.query("workerSlots").first());
    const leaseExpiresAt = Date.now() + 3_600_000;
    const state =
      kind === "idle" ? { kind } : ({ kind, leaseExpiresAt } as const);
    await db.patch("workerSlots", row._id, { state });
  });

it("a step says since when it waits for a worker, and since when a worker has it", async () => {
  const from = Date.now();
  const runId = await executor.publishAndStart(EFFECT);
  expect(await explained(runId, from)).toBe(
    "The step “ask” is ready and waits for a worker since <0 min>.",
  );
  await setWorker("idle");
  expect(await explained(runId, from)).toBe(
    "The step “ask” is ready and waits for a worker since <0 min>. No worker is running for it; one is started within a minute.",
  );
  await setWorker("running");
  await executor.pass(10 * 60_000);
  const [task] = await executor.claim();
  expect(await explained(runId, from)).toBe(
    "The step “ask” waits for an answer since <10 min>, attempt 1 of 3.",
  );
  const { taskId } = present(task);
  const result = failedWith(true, "busy");
  await executor.exchange({ reports: [{ taskId, result, output: SILENCE }] });
  expect(await explained(runId, from)).toBe(
    "The step “ask” is tried again at <70 min>, because it failed: TestError: busy",
  );
  await executor.owner.mutation(api.workflowRuns.cancel, { runId });
});

it("several steps are counted", async () => {
  const from = Date.now();
  const runId = await executor.publishAndStart(
    `().loop("l", { times: 3, concurrency: 3, do: (f) => f.http("h", { request: () => ({ url: "https://example.com" }) }) })`,
  );
  await executor.claim(1);
  expect(await explained(runId, from)).toMatch(
    /^The step “l\[\d\]\/h” waits for an answer since <0 min>, attempt 1 of 3; 2 more are under way\.$/,
  );
  await executor.owner.mutation(api.workflowRuns.cancel, { runId });
});
