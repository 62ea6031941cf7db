/**
 * One episode of flow control: random limits, and starts, ends, cancels, pauses and time in any order, on a clock that
 * the test moves. After each act the rules of `limit-rules.ts` must hold; at the end every run comes to its end.
 */
import { ConvexError } from "convex/values";
import { api } from "../../../convex/_generated/api";
import type { Doc } from "../../../convex/_generated/dataModel";
import type { ErrorData } from "../../../convex/errors";
import type { RunId } from "./executor-harness";
import {
  brokenRules,
  holds,
  inLane,
  isActive,
  passedOver,
  type QueueView,
  wronglyReplaced,
  rateTaken,
} from "./limit-rules";
import { type Limited, randomLimits, sourceOfLimited } from "./limited-flows";
import { wrongHistories } from "./run-histories";
import { SeededRandom } from "./seeded-random";
import type { StagedExecutor } from "./staged-executor";

const FLOWS = 2;
const ACTS = 60;
const LAST_ROUNDS = 300;
const KEYS = ["a", "b"];
const DAY_MS = 86_400_000;

type Start = {
  flow: Limited;
  key: string;
  priority: number | null;
  idempotencyKey: string | null;
};

export class FlowEpisode {
  readonly #executor: StagedExecutor;
  readonly #random: SeededRandom;
  readonly #flows: Limited[] = [];
  readonly #keyed = new Map<string, { runId: RunId; at: number }>();
  readonly #triggers = new Map<RunId, { first: number; last: number }>();
  readonly #forced = new Set<RunId>();
  #organizationLimit: number | null = null;
  #before: QueueView | null = null;
  #count = 0;
  readonly found: string[] = [];

  constructor(executor: StagedExecutor, seed: number) {
    this.#executor = executor;
    this.#random = new SeededRandom(seed);
  }

  async play(): Promise<void> {
    if (this.#random.chance(0.5))
      await this.#limitOrganization(1 + this.#random.below(4));
    for (let n = 0; n < FLOWS; n++) await this.#publish();
    for (let n = 0; n < ACTS && this.found.length === 0; n++) {
      await this.#somebody();
      await this.#executor.pass();
      await this.#look();
    }
    await this.#bringToEnd();
  }

  async #publish(): Promise<void> {
    const limits = randomLimits(this.#random);
    const workflowId = await this.#executor.publish(sourceOfLimited(limits));
    this.#flows.push({ ...limits, workflowId, isHeld: false });
  }

  async #somebody(): Promise<void> {
    const acts: [number, () => Promise<void>][] = [
      [12, () => this.#start()],
      [3, () => this.#startSeveral()],
      [6, () => this.#end()],
      [2, () => this.#cancelQueued()],
      [1, () => this.#startNow()],
      [5, () => this.#executor.pass(this.#random.below(15_000))],
      [1, () => this.#executor.pass(this.#random.below(90_000))],
      [1, () => this.#pauseOrResume()],
      [1, () => this.#raiseOrganization()],
    ];
    let at = this.#random.below(acts.reduce((sum, [part]) => sum + part, 0));
    for (const [part, act] of acts) {
      at -= part;
      if (at < 0) return await act();
    }
  }

  async #limitOrganization(limit: number | null): Promise<void> {
    this.#organizationLimit = limit;
    const { organizationId, owner } = this.#executor;
    await owner.mutation(api.organizations.setRunConcurrency, {
      organizationId,
      limit,
    });
  }

  /** Lowering lets those that run go on, so that there may be more than it says. */
  async #raiseOrganization(): Promise<void> {
    const limit = this.#organizationLimit;
    if (limit === null) return;
    await this.#limitOrganization(this.#random.chance(0.3) ? null : limit + 1);
  }

  async #pauseOrResume(): Promise<void> {
    const flow = this.#random.pick(this.#flows);
    if (flow === undefined) return;
    flow.isHeld = !flow.isHeld;
    const { workflowId } = flow;
    await this.#executor.owner.mutation(api.workflows.updateStatus, {
      workflowId,
      ...(flow.isHeld
        ? { status: "paused", triggers: "hold" }
        : { status: "active" }),
    });
  }

  async #view(): Promise<QueueView> {
    return {
      now: Date.now(),
      runs: await this.#executor.rows("workflowRuns"),
      seats: await this.#executor.rows("runSeats"),
      flows: this.#flows.map((flow) => ({ ...flow })),
      organizationLimit: this.#organizationLimit,
      forced: new Set(this.#forced),
    };
  }

  #randomStart(): Start | null {
    const flow = this.#random.pick(this.#flows);
    if (flow === undefined) return null;
    const isKeyed = this.#random.chance(0.2);
    return {
      flow,
      key: this.#random.pick(KEYS) ?? "a",
      priority: this.#random.chance(0.4) ? this.#random.below(5) - 2 : null,
      idempotencyKey: isKeyed ? `k${this.#random.below(3)}` : null,
    };
  }

  /** The same, a little later each time. */
  async #startSeveral(): Promise<void> {
    const start = this.#randomStart();
    for (let n = 0; n < 3; n++) {
      await this.#start(start && { ...start, idempotencyKey: null });
      await this.#executor.pass(this.#random.below(4_000));
      await this.#look();
    }
  }

  async #start(start = this.#randomStart()): Promise<void> {
    if (start === null) return;
    const { flow, key, priority, idempotencyKey } = start;
    const before = await this.#view();
    this.#count += 1;
    const asked = {
      workflowId: flow.workflowId,
      input: JSON.stringify({ key, n: this.#count }),
      ...(priority === null ? {} : { priority }),
      ...(idempotencyKey === null ? {} : { idempotencyKey }),
    };
    const { owner } = this.#executor;
    await owner.mutation(api.workflowRuns.create, asked).then(
      (started) => this.#started(start, started),
      (error: unknown) => this.#refused(start, before, error),
    );
  }

  #started(
    { flow, idempotencyKey }: Start,
    { runId, outcome }: { runId: RunId; outcome: string },
  ): void {
    const name = `${flow.workflowId}:${idempotencyKey}`;
    const known = idempotencyKey === null ? null : this.#keyed.get(name);
    const isKnown = known && known.at + DAY_MS > Date.now();
    if ((outcome === "existing") !== Boolean(isKnown))
      this.found.push(`a start with a key is ${outcome}`);
    if (isKnown && known.runId !== runId)
      this.found.push("a key gives another run");
    if (outcome === "existing") return;
    if (idempotencyKey !== null)
      this.#keyed.set(name, { runId, at: Date.now() });
    const now = Date.now();
    const first = this.#triggers.get(runId)?.first ?? now;
    this.#triggers.set(runId, { first, last: now });
  }

  /** Only because of a limit that is used up. */
  #refused({ flow, key }: Start, before: QueueView, error: unknown): void {
    if (!(error instanceof ConvexError)) throw error;
    // Written by `userError`.
    const { code, message } = error.data as ErrorData;
    const { workflowId, concurrency, rate, isKeyed } = flow;
    const laneKey = isKeyed ? key : "";
    const held = inLane(before.seats, { workflowId, laneKey }).filter(holds);
    const isFull = concurrency !== null && held.length >= concurrency.limit;
    const isSpent =
      rate !== null &&
      rateTaken(before, flow, { rateKey: laneKey }) >= rate.limit;
    const isRight =
      (code === "dropped" && concurrency?.strategy === "drop" && isFull) ||
      (code === "rate_limited" && rate?.strategy === "drop" && isSpent);
    if (!isRight) this.found.push(`refused although there is room: ${message}`);
  }

  async #end(): Promise<void> {
    const runs = await this.#executor.rows("workflowRuns");
    const run = this.#random.pick(runs.filter(isActive));
    if (run !== undefined) await this.#endOf(run);
  }

  async #endOf({ _id: runId }: Doc<"workflowRuns">): Promise<void> {
    const { owner } = this.#executor;
    if (this.#random.chance(0.3))
      await owner.mutation(api.workflowRuns.cancel, { runId });
    else
      for (const stepKey of (await this.#executor.steps(runId)).keys())
        await owner.mutation(api.stepExecutions.skipDelay, { runId, stepKey });
  }

  async #queued(): Promise<{ runId: RunId } | null> {
    const runs = await this.#executor.rows("workflowRuns");
    const queued = runs.filter(({ state }) => state.kind === "queued");
    const run = this.#random.pick(queued);
    return run === undefined ? null : { runId: run._id };
  }

  async #cancelQueued(): Promise<void> {
    const queued = await this.#queued();
    if (queued === null) return;
    await this.#executor.owner.mutation(api.workflowRuns.cancel, queued);
  }

  async #startNow(): Promise<void> {
    const queued = await this.#queued();
    if (queued === null) return;
    this.#forced.add(queued.runId);
    await this.#executor.owner.mutation(api.workflowRuns.startNow, queued);
  }

  async #look(): Promise<void> {
    const now = await this.#view();
    this.found.push(...brokenRules(now));
    if (this.#before !== null) {
      this.found.push(...passedOver(this.#before, now));
      this.found.push(...wronglyReplaced(this.#before, now));
      this.#begun(this.#before, now);
    }
    this.#before = now;
    for (const runId of await this.#executor.stuckRuns())
      this.found.push(`E4: the audit finds ${runId} stuck`);
  }

  /** Nothing begins in a pause, nor before the triggers of a debounce are over. */
  #begun(before: QueueView, now: QueueView): void {
    const wasActive = new Set(before.runs.filter(isActive).map((r) => r._id));
    for (const run of now.runs) {
      if (!isActive(run) || wasActive.has(run._id)) continue;
      if (this.#forced.has(run._id)) continue;
      const of = ({ workflowId }: Limited) => workflowId === run.workflowId;
      const flow = now.flows.find(of);
      if (flow?.isHeld && before.flows.find(of)?.isHeld)
        this.found.push(`#${run.number} began in a pause`);
      const triggers = this.#triggers.get(run._id);
      if (!flow?.debounce || triggers === undefined) continue;
      const { periodMs, maxWaitMs } = flow.debounce;
      const from = Math.min(
        triggers.last + periodMs,
        triggers.first + maxWaitMs,
      );
      if ((run.startedAt ?? 0) < from)
        this.found.push(`#${run.number} began before its triggers were over`);
    }
  }

  async #bringToEnd(): Promise<void> {
    for (const flow of this.#flows)
      if (flow.isHeld) {
        const { workflowId } = flow;
        const change = { workflowId, status: "active" } as const;
        await this.#executor.owner.mutation(api.workflows.updateStatus, change);
        flow.isHeld = false;
      }
    for (let round = 0; round < LAST_ROUNDS; round++) {
      if (this.found.length > 0) return;
      await this.#executor.pass(round % 3 === 2 ? 30_000 : 0);
      await this.#look();
      const { runs, seats } = await this.#view();
      if (runs.every(({ endedAt }) => endedAt !== null))
        return await this.#endedWell(seats.length);
      for (const run of runs.filter(isActive)) await this.#endOf(run);
    }
    this.found.push("E4: a run does not begin whatever ends before it");
  }

  async #endedWell(places: number): Promise<void> {
    if (places > 0) this.found.push(`E5: ${places} places without runs`);
    const [runs, steps, chunks] = await Promise.all([
      this.#executor.rows("workflowRuns"),
      this.#executor.rows("stepExecutions"),
      this.#executor.rows("runEvents"),
    ]);
    this.found.push(...wrongHistories({ runs, steps, chunks }));
  }
}
