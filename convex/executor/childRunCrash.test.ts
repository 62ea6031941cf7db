/** A killed process while runs start others and wait for them. */
import { describe, expect, it } from "vitest";
import { json } from "../../tests/support/answering-server";
import type { RunId } from "../../tests/support/executor/executor-harness";
import { SeededRandom } from "../../tests/support/executor/seeded-random";
import { useExecutor } from "../../tests/support/executor/use-executor";
import { api } from "../_generated/api";
import type { Doc } from "../_generated/dataModel";

const executor = useExecutor();

async function publish(chain: string): Promise<string> {
  const workflowId = await executor.publish(chain);
  const { client } = executor;
  const workflow = await client.query(api.workflows.get, { workflowId });
  if (workflow === null) throw new Error("not published");
  return workflow.slug;
}

async function childrenOf(runId: RunId): Promise<Doc<"workflowRuns">[]> {
  const runs = await executor.table("workflowRuns");
  return runs.filter(({ parent }) => parent?.runId === runId);
}

async function restart(): Promise<void> {
  await executor.deployment.crash();
  await executor.deployment.restart();
}

describe("after the process was killed", () => {
  it("steps get what their runs come to, which were asleep, at work, queued or one inside the other", async () => {
    const { server } = executor;
    server.answer = () => undefined;
    const asleep = await publish(`().delay("nap", "2s").output(() => "woke")`);
    const atWork = await publish(
      `().http("call", { request: () => ({ url: "$server/call" }) }).output(({ steps }) => steps.call.body.n)`,
    );
    const queued = await publish(
      `({ concurrency: { limit: 1 } }).delay("nap", "1s").output(() => "had its turn")`,
    );
    const inside = await publish(
      `().run("inner", { workflow: "${atWork}" }).output(({ steps }) => steps.inner + 1)`,
    );
    const runId = await executor.publishAndStart(`()
      .parallel("all", {
        asleep: (flow) => flow.run("a", { workflow: "${asleep}" }),
        atWork: (flow) => flow.run("b", { workflow: "${atWork}" }),
        first: (flow) => flow.run("c", { workflow: "${queued}" }),
        second: (flow) => flow.run("d", { workflow: "${queued}" }),
        inside: (flow) => flow.run("e", { workflow: "${inside}" }),
      })
      .output(({ steps }) => steps.all)`);
    await server.until(() => server.open === 2);
    await executor.deployment.crash();
    await server.until(() => server.open === 0);
    server.answer = (_, response) => json(response, { n: 1 });
    await executor.deployment.restart();
    expect(await executor.outputOf(runId)).toEqual({
      asleep: "woke",
      atWork: 1,
      first: "had its turn",
      second: "had its turn",
      inside: 2,
    });
    expect(await childrenOf(runId)).toHaveLength(5);
    expect(await executor.table("runSeats")).toEqual([]);
  }, 120_000);

  it("every step has had one run and its end, whenever the process was killed", async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = new SeededRandom(seed);
    const leaf = await publish(
      `({ input: z.object({ n: z.number() }) }).code("a", ({ input }) => input.n).delay("nap", "20ms").output(({ steps }) => steps.a * 2)`,
    );
    const middle = await publish(
      `({ input: z.object({ n: z.number() }) }).run("inner", { workflow: "${leaf}", input: ({ input }) => input }).output(({ steps }) => steps.inner + 1)`,
    );
    const runId = await executor.publishAndStart(
      `().loop("each", { times: 150, concurrency: 6, do: (flow) => flow.run("inner", { workflow: "${middle}", input: ({ index }) => ({ n: index }) }) })
      .output(({ steps }) => steps.each)`,
    );
    let kills = 0;
    const isUnderWay = async () => (await executor.run(runId)).endedAt === null;
    for (; kills < 4 && (await isUnderWay()); kills++) {
      await new Promise((go) => setTimeout(go, 100 + random.below(700)));
      await restart();
    }
    expect(kills).toBeGreaterThan(1);
    const run = await executor.untilEnded(runId);
    expect(run.state.kind, `seed ${seed}`).toBe("completed");
    expect(await executor.value(run.output)).toEqual(
      Array.from({ length: 150 }, (_, n) => 2 * n + 1),
    );
    const runs = await executor.table("workflowRuns");
    const innerOf = new Map<string, number>();
    for (const { parent } of runs)
      if (parent !== undefined) {
        const step = `${parent.runId}:${parent.stepKey}`;
        innerOf.set(step, (innerOf.get(step) ?? 0) + 1);
      }
    expect(innerOf.size).toBeGreaterThanOrEqual(300);
    expect([...innerOf.values()].filter((count) => count !== 1)).toEqual([]);
    expect(runs.filter(({ state }) => state.kind !== "completed")).toEqual([]);
  }, 180_000);
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
