/**
 * The product's functions in this process, with a clock that only the test moves, and a worker that is the test: it
 * claims tasks and reports them through `exchange` when it wants to. Real workers are kept out by holding their slots.
 */
import type { FunctionArgs, FunctionReturnType } from "convex/server";
import { vi } from "vitest";
import { api, internal } from "../../../convex/_generated/api";
import type { Doc, Id, TableNames } from "../../../convex/_generated/dataModel";
import {
  createWorkspace,
  type Member,
  type Product,
  startProduct,
} from "../product-test";
import { publishWorkflow } from "../workspace";
import { present } from "./present";
import type { RunId } from "./executor-harness";
import { opened } from "./stored-steps";

type Exchange = typeof internal.executor.exchange.exchange;
export type Claimed = Extract<
  FunctionReturnType<Exchange>,
  { kind: "ok" }
>["tasks"][number];
export type Result = FunctionArgs<Exchange>["reports"][number]["result"];

const SLOT = 0;
const FAR_MS = 365 * 24 * 3600 * 1000;

export async function startStaged(): Promise<StagedExecutor> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  vi.stubEnv("EXECUTOR_SLOTS", "1");
  const t = startProduct();
  const { owner, organizationId } = await createWorkspace(t);
  const staged = new StagedExecutor(t, owner, organizationId);
  await staged.holdSlot();
  return staged;
}

export class StagedExecutor {
  readonly t: Product;
  readonly owner: Member;
  readonly organizationId: Id<"organizations">;
  generation = 0;
  readonly #known = new Map<string, Id<"workflows">>();
  #published = 0;

  constructor(t: Product, owner: Member, organizationId: Id<"organizations">) {
    this.t = t;
    this.owner = owner;
    this.organizationId = organizationId;
  }

  async stop(): Promise<void> {
    await this.t.finishInProgressScheduledFunctions();
    vi.useRealTimers();
    vi.unstubAllEnvs();
  }

  /** A worker that the product has started finds itself superseded by this one. */
  async holdSlot(): Promise<void> {
    const leaseExpiresAt = Date.now() + FAR_MS;
    const state = { kind: "running", leaseExpiresAt } as const;
    this.generation = await this.t.run(async ({ db }) => {
      const row = await db
        .query("workerSlots")
        .withIndex("by_slot", (q) => q.eq("slot", SLOT))
        .unique();
      const generation = (row?.generation ?? 0) + 1;
      if (row === null)
        await db.insert("workerSlots", { slot: SLOT, generation, state });
      else await db.patch("workerSlots", row._id, { generation, state });
      return generation;
    });
  }

  /** Everything that is scheduled for now or the next `ms` happens, each at its time. */
  async pass(ms = 0): Promise<void> {
    const until = Date.now() + ms;
    for (;;) {
      await this.t.finishInProgressScheduledFunctions();
      const now = Date.now();
      const dueAt = await this.#nextJobAt();
      if (now >= until && dueAt > now) return;
      // What is asked for during a tick comes a millisecond later.
      const next = dueAt > now ? Math.min(dueAt, until) : now + 1;
      await vi.advanceTimersByTimeAsync(next - now);
    }
  }

  async #nextJobAt(): Promise<number> {
    const jobs = await this.t.run(({ db }) =>
      db.system.query("_scheduled_functions").collect(),
    );
    const pending = jobs.filter(({ state }) => state.kind === "pending");
    return Math.min(...pending.map(({ scheduledTime }) => scheduledTime));
  }

  /** The worker dies: its lease is over, and somebody notices. What it held is tried again by the next. */
  async killWorker(): Promise<void> {
    do {
      await this.#endLease();
      await this.t.mutation(internal.executor.recovery.checkLease, {
        slot: SLOT,
      });
    } while (await this.#hasClaimed());
    await this.holdSlot();
  }

  async #endLease(): Promise<void> {
    await this.t.run(async ({ db }) => {
      const row = await db
        .query("workerSlots")
        .withIndex("by_slot", (q) => q.eq("slot", SLOT))
        .unique();
      const state = { kind: "running", leaseExpiresAt: Date.now() } as const;
      await db.patch("workerSlots", present(row)._id, { state });
    });
  }

  /** They are recovered in portions. */
  async #hasClaimed(): Promise<boolean> {
    const tasks = await this.rows("tasks");
    return tasks.some(({ claimedBy }) => claimedBy !== null);
  }

  /** The worker has nothing to do; the next task starts another. */
  async goIdle(): Promise<void> {
    await this.exchange({ mayRest: true });
  }

  async exchange(
    change: Partial<FunctionArgs<Exchange>>,
  ): Promise<FunctionReturnType<Exchange>> {
    return await this.t.mutation(internal.executor.exchange.exchange, {
      slot: SLOT,
      generation: this.generation,
      reports: [],
      said: [],
      room: 0,
      inFlight: [],
      extendLease: false,
      mayRest: false,
      ...change,
    });
  }

  async claim(room = 64): Promise<Claimed[]> {
    const answer = await this.exchange({ room });
    if (answer.kind === "ok") return answer.tasks;
    throw new Error("the test's worker was superseded");
  }

  async publish(source: string): Promise<Id<"workflows">> {
    this.#published += 1;
    const { organizationId } = this;
    // Both are called with a reference and its arguments; their types are written differently.
    const client = this.owner as unknown as Parameters<
      typeof publishWorkflow
    >[0]["client"];
    const name = `flow ${this.#published}`;
    return await publishWorkflow({ client, organizationId }, name, source);
  }

  async publishAgain(
    workflowId: Id<"workflows">,
    source: string,
  ): Promise<void> {
    await this.owner.mutation(api.workflows.saveDraft, { workflowId, source });
    await this.owner.mutation(api.workflowVersions.publish, { workflowId });
  }

  async cancel(runId: RunId): Promise<void> {
    await this.owner.mutation(api.workflowRuns.cancel, { runId });
  }

  async start(workflowId: Id<"workflows">, input: unknown): Promise<RunId> {
    const { runId } = await this.owner.mutation(api.workflowRuns.create, {
      workflowId,
      input: JSON.stringify(input),
    });
    return runId;
  }

  async publishAndStart(chain: string, input: unknown = {}): Promise<RunId> {
    const source = `import { workflow, z } from "lockstep";\nexport default workflow${chain}`;
    const known = this.#known.get(source);
    const workflowId = known ?? (await this.publish(source));
    this.#known.set(source, workflowId);
    return await this.start(workflowId, input);
  }

  async rows<Table extends TableNames>(table: Table): Promise<Doc<Table>[]> {
    const rows = await this.t.run(({ db }) => db.query(table).collect());
    return opened(table, rows);
  }

  async run(runId: RunId): Promise<Doc<"workflowRuns">> {
    const run = await this.t.run(({ db }) => db.get("workflowRuns", runId));
    return present(run);
  }

  async steps(runId: RunId): Promise<Map<string, Doc<"stepExecutions">>> {
    const rows = await this.rows("stepExecutions");
    const own = rows.filter((row) => row.runId === runId);
    return new Map(own.map((row) => [row.key, row]));
  }

  /** E4: what the audit finds over the whole database. */
  async stuckRuns(): Promise<RunId[]> {
    return await this.t.query(internal.executor.audit.stuckRuns, {});
  }
}

export const completedWith = (value: unknown): Result => ({
  kind: "completed",
  output: { kind: "inline", json: JSON.stringify(value) },
});

export const failedWith = (retryable: boolean, code = "test"): Result => ({
  kind: "failed",
  error: { name: "TestError", message: code, code, retryable, frames: [] },
  retryAfterMs: null,
});
