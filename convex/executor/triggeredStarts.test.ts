/** Starts that nobody waits for: keys of webhooks, and what a refusal leaves behind. */
import { describe, expect, it } from "vitest";
import { useExecutorInProcess } from "../../tests/support/executor/use-executor";
import { api, internal } from "../_generated/api";
import type { Doc, Id } from "../_generated/dataModel";
import { hashToken } from "../model/webhookTokens";

const executor = useExecutorInProcess();

async function webhookOf(workflowId: Id<"workflows">): Promise<string> {
  const { url } = await executor.client.mutation(api.triggers.createWebhook, {
    workflowId,
    name: "orders",
  });
  return await hashToken(url.slice(url.lastIndexOf("/") + 1));
}

const deliver = async (
  tokenHash: string,
  idempotencyKey: string | null,
  input = "{}",
) =>
  await executor.system.mutation(internal.triggerRuns.deliver, {
    tokenHash,
    input,
    idempotencyKey,
  });

async function runsOf(
  workflowId: Id<"workflows">,
): Promise<Doc<"workflowRuns">[]> {
  const runs = await executor.table("workflowRuns");
  return runs
    .filter((run) => run.workflowId === workflowId)
    .toSorted((a, b) => a.number - b.number);
}

describe("the Idempotency-Key of a webhook", () => {
  it("makes a delivery that comes again the same run", async () => {
    const workflowId = await executor.publish(`().code("a", () => 1)`);
    const hook = await webhookOf(workflowId);
    const first = await deliver(hook, "delivery-1");
    expect(first).toMatchObject({ kind: "started", outcome: "started" });
    expect(await deliver(hook, "delivery-1")).toEqual({
      ...first,
      outcome: "existing",
    });
    expect(await deliver(hook, "delivery-2")).toMatchObject({ number: 2 });
    expect(await deliver(hook, null)).toMatchObject({ number: 3 });
    expect(await runsOf(workflowId)).toHaveLength(3);
  });

  it("goes before the key that the workflow makes", async () => {
    const workflowId = await executor.publish(
      `({ idempotencyKey: ({ input }) => input.id }).code("a", () => 1)`,
    );
    const hook = await webhookOf(workflowId);
    const order = '{"id":"o1"}';
    const first = await deliver(hook, null, order);
    expect(await deliver(hook, null, order)).toEqual({
      ...first,
      outcome: "existing",
    });
    expect(await deliver(hook, "again", order)).toMatchObject({ number: 2 });
  });

  it.each(["", " ", "k".repeat(201)])(
    "is refused as %j, and nothing runs",
    async (key) => {
      const workflowId = await executor.publish(`().code("a", () => 1)`);
      const hook = await webhookOf(workflowId);
      expect(await deliver(hook, key)).toMatchObject({
        kind: "refused",
        error: { code: "invalid_key", field: "Idempotency-Key" },
      });
      expect(await runsOf(workflowId)).toEqual([]);
    },
  );
});

describe("a trigger that a limit refuses", () => {
  it.each([
    [
      "a concurrency limit",
      `concurrency: { limit: 1, strategy: "drop" }`,
      /^Not run: 1 run goes already, which is the workflow's limit\.$/,
    ],
    [
      "a rate limit",
      `rateLimit: { limit: 1, period: "1h", strategy: "drop" }`,
      /^Not run: 1 run started within the workflow's period; try again in/,
    ],
    [
      "a key that cannot be made",
      `idempotencyKey: ({ input }) => input.first === undefined ? input.order.id : "first"`,
      /^The function idempotencyKey of the workflow failed/,
    ],
  ])("for %s leaves a cancelled run that says why", async (_, options, why) => {
    const workflowId = await executor.publish(
      `({ ${options} }).delay("nap", "1h")`,
    );
    const hook = await webhookOf(workflowId);
    const first = await deliver(hook, null, '{"first":true}');
    expect(first).toMatchObject({ kind: "started" });
    expect(await deliver(hook, null)).toMatchObject({
      kind: "refused",
      error: { message: expect.stringMatching(why) as string },
    });
    const [running, refused, ...others] = await runsOf(workflowId);
    expect(others).toEqual([]);
    expect(refused).toMatchObject({
      state: {
        kind: "cancelled",
        by: "the workflow's limits",
        reason: expect.stringMatching(why) as string,
      },
      startedBy: { kind: "webhook", label: "POST orders" },
      startedAt: null,
    });
    expect(refused?.endedAt).not.toBeNull();
    const seats = await executor.table("runSeats");
    expect(seats.some(({ runId }) => runId === refused?._id)).toBe(false);
    if (running !== undefined)
      await executor.client.mutation(api.workflowRuns.cancel, {
        runId: running._id,
      });
  });

  it("is told apart from a person, who is refused and leaves nothing", async () => {
    const workflowId = await executor.publish(
      `({ concurrency: { limit: 1, strategy: "drop" } }).delay("nap", "1h")`,
    );
    const runId = await executor.start(workflowId);
    await expect(executor.start(workflowId)).rejects.toMatchObject({
      data: { code: "dropped" },
    });
    expect(await runsOf(workflowId)).toHaveLength(1);
    await executor.client.mutation(api.workflowRuns.cancel, { runId });
  });
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
