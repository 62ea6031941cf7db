/**
 * A worker: the action that executes the effects of one slot, many at a time, and reports them in batches. It ends
 * when there is nothing to do. If it dies, its lease runs out and `recovery.ts` starts another.
 */
import type { FunctionArgs, FunctionReturnType } from "convex/server";
import { v } from "convex/values";
import { internal } from "../_generated/api";
import type { Id } from "../_generated/dataModel";
import { type ActionCtx, internalAction } from "../functions";
import { SharedMasks } from "../steps/secretMask";
import { AttemptOutput } from "./effects/attemptOutput";
import type { ClaimedTask } from "./effects/claims";
import { EffectRunner } from "./effects/effects";
import type { Report } from "./effects/reports";
import { slotConcurrency } from "./effects/slots";

/** How long to wait for what is in flight before looking for more work: longer and longer while there is none. */
const FIRST_PAUSE_MS = 16;
const LONGEST_PAUSE_MS = 64;
/** What finishes together is reported together; alone it is reported at once. */
const COALESCE_MS = 3;
const HEARTBEAT_MS = 5_000;
const CHECK_GONE_MS = 1_000;
const HAND_OVER_AFTER_MS = 5 * 60_000;
const MAX_REPORTS = 32;

export const run = internalAction({
  args: { slot: v.number(), generation: v.number() },
  returns: v.null(),
  handler: async (ctx, args) => {
    await new Worker(ctx, args).work();
    return null;
  },
});

type Exchanged = FunctionReturnType<typeof internal.executor.exchange.exchange>;
type InFlight = {
  abort: AbortController;
  taskId: Id<"tasks">;
  output: AttemptOutput;
};

class Worker {
  readonly #ctx: ActionCtx;
  readonly #slot: { slot: number; generation: number };
  readonly #effects: EffectRunner;
  readonly #inFlight = new Map<Id<"tasks">, InFlight>();
  readonly #finished: Report[] = [];
  readonly #masks = new SharedMasks();
  readonly #startedAt = Date.now();
  #wake: () => void = () => undefined;
  #lastHeartbeat = Date.now();
  #lastGoneCheck = Date.now();
  #pauseMs = FIRST_PAUSE_MS;

  constructor(ctx: ActionCtx, slot: { slot: number; generation: number }) {
    this.#ctx = ctx;
    this.#slot = slot;
    this.#effects = new EffectRunner(ctx);
  }

  async work(): Promise<void> {
    const claimed = await this.#ctx.runMutation(
      internal.executor.exchange.claimed,
      this.#slot,
    );
    if (claimed === null) return;
    for (const task of claimed) this.#start(task);
    if (this.#isBusy) await this.#pause();
    while (await this.#step())
      if (this.#finished.length === 0) await this.#pause();
    this.#abortAll();
  }

  /** False when the worker is to stop. */
  async #step(): Promise<boolean> {
    if (!(await this.#hasReason())) return true;
    const exchanged = await this.#exchange();
    if (exchanged === "worked") this.#pauseMs = FIRST_PAUSE_MS;
    if (exchanged === "over") return false;
    if (!this.#isRetiring || this.#isBusy) return true;
    await this.#ctx.runMutation(
      internal.executor.exchange.handOver,
      this.#slot,
    );
    return false;
  }

  get #isRetiring(): boolean {
    return Date.now() - this.#startedAt > HAND_OVER_AFTER_MS;
  }

  get #isBusy(): boolean {
    return this.#inFlight.size > 0 || this.#finished.length > 0;
  }

  /** Whether there is something to tell or to ask. Looking for work is a query, so that it is in nobody's way. */
  async #hasReason(): Promise<boolean> {
    const now = Date.now();
    if (this.#finished.length > 0 || this.#inFlight.size === 0) return true;
    if (now - this.#lastGoneCheck >= CHECK_GONE_MS) return true;
    if ([...this.#inFlight.values()].some(({ output }) => output.hasMore))
      return true;
    if (this.#room === 0) return false;
    const { slot } = this.#slot;
    return await this.#ctx.runQuery(internal.executor.exchange.isWorkReady, {
      slot,
    });
  }

  get #room(): number {
    return this.#isRetiring ? 0 : slotConcurrency() - this.#inFlight.size;
  }

  async #exchange(): Promise<"over" | "worked" | "nothing"> {
    const reports = this.#finished.splice(0, MAX_REPORTS);
    const now = Date.now();
    const extendLease = now - this.#lastHeartbeat >= HEARTBEAT_MS;
    const checkGone = now - this.#lastGoneCheck >= CHECK_GONE_MS;
    if (extendLease) this.#lastHeartbeat = now;
    if (checkGone) this.#lastGoneCheck = now;
    const exchange = {
      ...this.#slot,
      reports,
      said: this.#takeOutput(),
      room: this.#room,
      inFlight: checkGone ? [...this.#inFlight.keys()] : [],
      extendLease,
      mayRest: !this.#isBusy,
    };
    const answer = await this.#say(exchange);
    if (answer === "refused") {
      await this.#reportApart(reports);
      return "worked";
    }
    if (answer.kind !== "ok") return "over";
    for (const taskId of answer.gone) this.#inFlight.get(taskId)?.abort.abort();
    for (const task of answer.tasks) this.#start(task);
    return answer.tasks.length > 0 || reports.length > 0 ? "worked" : "nothing";
  }

  async #say(
    exchange: FunctionArgs<typeof internal.executor.exchange.exchange>,
  ): Promise<Exchanged | "refused"> {
    try {
      return await this.#ctx.runMutation(
        internal.executor.exchange.exchange,
        exchange,
      );
    } catch (error) {
      if (exchange.reports.length === 0) throw error;
      return "refused";
    }
  }

  /** One run whose turn cannot be taken must not stop the others of the slot: it fails, they go on. */
  async #reportApart(reports: Report[]): Promise<void> {
    for (const report of reports) {
      const alone = { reports: [report], said: [], room: 0, inFlight: [] };
      const answer = await this.#say({
        ...this.#slot,
        ...alone,
        extendLease: true,
        mayRest: false,
      });
      if (answer !== "refused") continue;
      await this.#ctx.runMutation(internal.executor.exchange.abandon, {
        ...this.#slot,
        taskId: report.taskId,
      });
    }
  }

  /** What attempts in flight have said since the last exchange. */
  #takeOutput() {
    return [...this.#inFlight.values()].flatMap(({ taskId, output }) => {
      const taken = output.take();
      return taken === null ? [] : [{ taskId, output: taken }];
    });
  }

  #start(task: ClaimedTask): void {
    const { taskId, runId } = task;
    const abort = new AbortController();
    const mask = this.#masks.enter(runId);
    const output = new AttemptOutput(mask);
    this.#inFlight.set(taskId, { abort, taskId, output });
    const attempted = { cancelled: abort.signal, mask, output };
    void this.#effects.run(task, attempted).then((report) => {
      this.#inFlight.delete(taskId);
      this.#masks.leave(runId);
      this.#finished.push(report);
      this.#wake();
    });
  }

  /** Until something finishes (and a little longer, for others that finish with it) or it is time to look again. */
  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#pauseMs);
      this.#wake = () => {
        clearTimeout(timer);
        if (this.#inFlight.size === 0) resolve();
        else setTimeout(resolve, COALESCE_MS);
      };
    });
    this.#wake = () => undefined;
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }

  #abortAll(): void {
    for (const { abort } of this.#inFlight.values()) abort.abort();
  }
}
