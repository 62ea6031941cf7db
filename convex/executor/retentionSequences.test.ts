/** Weeks of what people do, with retention in between. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DAY_MS, Keeper, RICH } from "../../tests/support/executor/keeper";
import { orphans } from "../../tests/support/executor/orphans";
import { present } from "../../tests/support/executor/present";
import {
  completedWith,
  type StagedExecutor,
  startStaged,
} from "../../tests/support/executor/staged-executor";
import { api } from "../_generated/api";
import type { Doc, Id } from "../_generated/dataModel";

type WorkflowId = Id<"workflows">;

let executor: StagedExecutor;
let keeper: Keeper;
beforeAll(async () => {
  executor = await startStaged();
  keeper = new Keeper(executor);
}, 60_000);
afterAll(() => executor?.stop());

describe("after any sequence", () => {
  const act = fc.oneof(
    fc.record({ do: fc.constant("start"), what: fc.nat(4) }),
    fc.record({ do: fc.constant("replay"), what: fc.nat(20) }),
    fc.record({ do: fc.constant("test"), what: fc.nat(4) }),
    fc.record({ do: fc.constant("keep"), what: fc.nat(45) }),
    fc.record({ do: fc.constant("remove"), what: fc.nat(4) }),
    fc.record({ do: fc.constant("send"), what: fc.nat(2) }),
    fc.record({ do: fc.constant("pass"), what: fc.nat(20) }),
    fc.record({ do: fc.constant("clean"), what: fc.constant(0) }),
  );

  it("no row is left without what it belongs to, and what is kept is whole", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(act, { minLength: 10, maxLength: 25 }),
        async (acts) => {
          const play = new Play();
          await play.begin();
          for (const { do: name, what } of acts) await play.act(name, what);
          await play.cleanAndCheck();
          await play.end();
        },
      ),
      { numRuns: 4, endOnFailure: true },
    );
  }, 120_000);
});

const CHAINS = [
  RICH,
  `().delay("nap", "12d").code("a", () => 1)`,
  `().waitForEvent("it", { event: "e0" }).waitForEvent("two", { event: "e1", timeout: "50d", onTimeout: "continue" })`,
  `().http("call", { request: () => ({ url: "http://127.0.0.1:1/" }) }).output(() => "x".repeat(80_000))`,
];

/** What people do over weeks, and retention with it. */
class Play {
  #workflows: WorkflowId[] = [];

  async begin(): Promise<void> {
    for (const chain of CHAINS)
      this.#workflows.push(await keeper.workflow(chain));
    const inner = present((await executor.rows("workflows")).at(-4));
    const outer = `().run("inner", { workflow: "${inner.slug}", input: () => ({ size: 70_000, items: 2 }) }).delay("nap", "25d")`;
    this.#workflows.push(await keeper.workflow(outer));
  }

  /** What is refused, because its workflow was removed or its run has not come so far, is refused. */
  async act(name: string, what: number): Promise<void> {
    try {
      await this.#act(name, what);
    } catch (error) {
      expect(error).toMatchObject({
        data: { code: expect.any(String) as string },
      });
    }
    await executor.pass();
    await this.#work();
  }

  async #act(name: string, what: number): Promise<void> {
    const { owner, organizationId } = executor;
    const input = { size: 70_000, items: 3 };
    const workflowId = present(this.#workflows[what % CHAINS.length]);
    const run = (await executor.rows("workflowRuns"))[what];
    switch (name) {
      case "start":
        await executor.start(present(this.#workflows[what]), input);
        return;
      case "replay":
        if (run === undefined) return;
        await keeper.replayFrom(run._id, what % 2 === 0 ? undefined : "boss");
        return;
      case "test":
        await owner.mutation(api.testRuns.start, {
          workflowId,
          input: JSON.stringify(input),
          pins: [
            { pattern: "a", value: { kind: "json", json: '"pinned"' } },
          ].slice(0, what === 1 ? 1 : 0) as {
            pattern: string;
            value: { kind: "json"; json: string };
          }[],
        });
        return;
      case "keep":
        return await (what > 40
          ? keeper.keepFor(workflowId, { kind: "forever" })
          : keeper.keepDays(workflowId, what + 1));
      case "remove":
        await owner.mutation(api.workflows.remove, { workflowId });
        return;
      case "send":
        await owner.mutation(api.events.send, {
          organizationId,
          name: `e${what}`,
        });
        return;
      case "pass":
        return await executor.pass(DAY_MS * what);
      default:
        return await this.cleanAndCheck();
    }
  }

  /** The worker answers whatever there is. */
  async #work(): Promise<void> {
    const tasks = await executor.claim();
    const reports = tasks.map(({ taskId }) => {
      const output = { lines: "[]", text: "" };
      return { taskId, result: completedWith({ status: 200 }), output };
    });
    await executor.exchange({ reports });
    await executor.pass();
  }

  async cleanAndCheck(): Promise<void> {
    const before = await rowsByRun();
    // Asked now: what says how long to keep a run may go with it.
    const staying = new Set<Id<"workflowRuns">>();
    for (const [runId, { run }] of before)
      if (await mustStay(run, Date.now())) staying.add(runId);
    await keeper.clean();
    const after = await rowsByRun();
    expect(await orphans(executor.t)).toEqual([]);
    for (const [runId, rows] of before) {
      const kept = after.get(runId);
      const isKept = staying.has(runId);
      expect({ runId, isKept: kept !== undefined }).toEqual({ runId, isKept });
      if (kept !== undefined && rows.run.endedAt !== null)
        expect(kept).toEqual(rows);
    }
  }

  /** Nothing is left for the next play. */
  async end(): Promise<void> {
    for (const { _id, endedAt } of await executor.rows("workflowRuns"))
      if (endedAt === null)
        await executor.owner.mutation(api.workflowRuns.cancel, { runId: _id });
    for (const { _id } of await executor.rows("workflows"))
      await keeper.keepDays(_id, 1);
    await executor.t.run(async ({ db }) => {
      for (const { _id } of await db.query("runCounters").collect())
        await db.patch("runCounters", _id, {
          retention: { kind: "days", days: 1 },
        });
    });
    await executor.pass(DAY_MS * 31);
    await keeper.clean();
    expect(await keeper.left()).toEqual([]);
    expect(await keeper.files()).toEqual([]);
  }
}

const BY_RUN = [
  "approvals",
  "loopItems",
  "payloads",
  "pinnedOutputs",
  "runEvents",
  "stepExecutions",
  "stepLogs",
] as const;

/** Every run with what is its own. */
async function rowsByRun() {
  const runs = await executor.rows("workflowRuns");
  const tables = await Promise.all(BY_RUN.map((table) => executor.rows(table)));
  return new Map(
    runs.map((run) => {
      const own = tables.map((rows) =>
        rows.filter(({ runId }) => runId === run._id),
      );
      return [run._id, { run, own }] as const;
    }),
  );
}

async function mustStay(
  run: Doc<"workflowRuns">,
  now: number,
): Promise<boolean> {
  const [workflow, counter, parent] = await executor.t.run(({ db }) =>
    Promise.all([
      db.get("workflows", run.workflowId),
      db
        .query("runCounters")
        .withIndex("by_workflowId", (q) => q.eq("workflowId", run.workflowId))
        .unique(),
      run.parent ? db.get("workflowRuns", run.parent.runId) : null,
    ]),
  );
  const retention = (workflow ?? counter)?.retention;
  const isNeeded = parent !== null && parent.endedAt === null;
  if (run.endedAt === null || isNeeded || retention?.kind === "forever")
    return true;
  return run.endedAt >= now - (retention?.days ?? 30) * DAY_MS;
}
