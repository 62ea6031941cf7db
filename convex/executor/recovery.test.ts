/** What a killed process leaves behind. The lease of its workers runs out by itself, which takes 15 s. */
import { describe, expect, it } from "vitest";
import { api } from "../_generated/api";
import { json } from "../../tests/support/answering-server";
import { present } from "../../tests/support/executor/present";
import { useExecutor } from "../../tests/support/executor/use-executor";

const executor = useExecutor();

const once = "retry: { maxAttempts: 1 }";

describe("after the process was killed", () => {
  it("what was in flight is tried again, uncounted, and what slept or waited goes on", async () => {
    const { server } = executor;
    server.answer = ({ path }, response) => {
      if (path === "/before") json(response, {});
    };
    const interrupted = await executor.publishAndStart(`()
      .http("before", { request: () => ({ url: "$server/before" }) })
      .http("call", { request: () => ({ url: "$server/call" }), ${once} })
      .output(({ steps }) => steps.call.body)`);
    const outOfTime = await executor.publishAndStart(`()
      .http("call", { request: () => ({ url: "$server/short" }), timeout: "10s", onError: "continue", ${once} })
      .code("after", ({ steps }) => ["went on with", steps.call])
      .output(({ steps }) => steps.after)`);
    const asleep = await executor.publishAndStart(
      `().delay("nap", "2s").code("after", () => "awake").output(({ steps }) => steps.after)`,
    );
    const asking = await executor.publishAndStart(
      `().approval("boss", { title: "Go on?" }).output(({ steps }) => steps.boss.approved)`,
    );
    const listening = await executor.publishAndStart(`()
      .waitForEvent("gone", { event: "never", timeout: "2s", onTimeout: "continue" })
      .waitForEvent("late", { event: "after.crash" })
      .output(({ steps }) => [steps.gone, steps.late.data.n])`);
    const branches = (mode: string) => `()
      .parallel("p", {
        a: (flow) => flow.http("call", { request: () => ({ url: "$server/branch" }), ${once} }),
        b: (flow) => flow.delay("nap", "${mode === "race" ? "1h" : "2s"}").code("x", () => "slept"),
      }, { mode: "${mode}" })
      .output(({ steps }) => steps.p)`;
    const all = await executor.publishAndStart(branches("all"));
    const race = await executor.publishAndStart(branches("race"));
    await server.until(() => server.open === 4);

    await executor.deployment.crash();
    await server.until(() => server.open === 0);
    server.answer = (_, response) => json(response, { attempt: "second" });
    await executor.deployment.restart();

    expect(await executor.outputOf(asleep)).toBe("awake");
    await executor.client.mutation(api.events.send, {
      organizationId: executor.organizationId,
      name: "after.crash",
      data: '{"n":1}',
    });
    expect(await executor.outputOf(listening)).toEqual([null, 1]);
    const [approval] = await executor.table("approvals");
    await executor.client.mutation(api.approvals.decide, {
      approvalId: present(approval)._id,
      approved: true,
    });
    expect(await executor.outputOf(asking)).toBe(true);
    expect(await executor.outputOf(interrupted)).toEqual({ attempt: "second" });
    expect(await executor.outputOf(all)).toMatchObject({
      a: { body: { attempt: "second" } },
      b: "slept",
    });
    expect(await executor.outputOf(race)).toMatchObject({
      branch: "a",
      result: { body: { attempt: "second" } },
    });
    expect((await executor.step(race, "p/b/nap")).state.kind).toBe("cancelled");
    expect(await executor.outputOf(outOfTime)).toEqual(["went on with", null]);
    const paths = server.asked.map(({ path }) => path);
    expect(paths.filter((path) => path === "/before")).toHaveLength(1);
    expect(paths.filter((path) => path === "/call")).toHaveLength(2);
    expect(paths.filter((path) => path === "/branch")).toHaveLength(4);
    const attempts = await executor.attempts(
      await executor.step(interrupted, "call"),
    );
    expect(attempts.map(({ number, status }) => [number, status])).toEqual([
      [1, "interrupted"],
      [2, "completed"],
    ]);
    expect(await executor.stuckRuns()).toEqual([]);
    expect(await executor.table("tasks")).toEqual([]);
  }, 120_000);
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
