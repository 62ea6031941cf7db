/**
 * One episode: random workflows, several runs of each, and everybody who can do something to them (workers, people,
 * senders of events, the clock) taking turns at random. Afterwards all that is open is brought to its end.
 */
import { isDeepStrictEqual } from "node:util";
import { SILENCE } from "../../../convex/executor/effects/stepOutput";
import fc from "fast-check";
import { api, internal } from "../../../convex/_generated/api";
import type { Doc, Id } from "../../../convex/_generated/dataModel";
import type { Timer } from "../../../convex/executor/flow/timerRequests";
import { nodeAt } from "../../../convex/executor/flow/transitions";
import type { RunId } from "./executor-harness";
import { present } from "./present";
import { Fates } from "./fates";
import { changesOf, graphOf, violations } from "./invariants";
import { graphs } from "./random-graphs";
import { differences } from "./reference-comparison";
import { wrongHistories } from "./run-histories";
import { SeededRandom } from "./seeded-random";
import { type Snapshot, takeSnapshot } from "./snapshot";
import {
  type Claimed,
  completedWith,
  failedWith,
  type Result,
  type StagedExecutor,
} from "./staged-executor";
import { sourceOf } from "./workflow-source";

const WORKFLOWS = 2;
const RUNS = 6;
const TURNS = 120;
/** A run that has not ended after so many rounds of everything that could move it never will. */
const LAST_ROUNDS = 400;
const HOUR = 3_600_000;
/** A result that no attempt has given: whoever finds it stored has believed a report that came too late. */
const POISON = "a report that must be ignored";

type Held = { task: Claimed; generation: number };

export class Interleaving {
  readonly #executor: StagedExecutor;
  readonly #random: SeededRandom;
  readonly #workflows: Id<"workflows">[] = [];
  readonly #seeds = new Map<RunId, number>();
  readonly #cancelled = new Set<RunId>();
  /** Claimed and not reported, and all that ever were. */
  #held: Held[] = [];
  readonly #past: Held[] = [];
  readonly #requests = new Map<string, string>();
  #before: Snapshot | null = null;
  readonly found: string[] = [];

  constructor(executor: StagedExecutor, seed: number) {
    this.#executor = executor;
    this.#random = new SeededRandom(seed);
  }

  async play(): Promise<void> {
    const chosen = { seed: this.#random.below(2 ** 31), numRuns: WORKFLOWS };
    for (const graph of fc.sample(graphs, chosen))
      this.#workflows.push(await this.#executor.publish(sourceOf(graph)));
    for (let turn = 0; turn < TURNS && this.found.length === 0; turn++) {
      await this.#somebody();
      if (turn % 4 === 0) await this.#look();
    }
    await this.#bringToEnd();
    await this.#look();
    if (this.found.length === 0) await this.#compare();
  }

  async #somebody(): Promise<void> {
    const acts: [number, () => Promise<void>][] = [
      [this.#seeds.size < RUNS ? 6 : 0, () => this.#start()],
      [8, () => this.#claim()],
      [10, () => this.#report()],
      [5, () => this.#reportAgain()],
      [2, () => this.#reportUnclaimed()],
      [2, () => this.#kill()],
      [2, () => this.#sleep()],
      [5, () => this.#executor.pass(this.#random.below(100_000))],
      [1, () => this.#executor.pass(HOUR)],
      [4, () => this.#decide()],
      [4, () => this.#send()],
      [3, () => this.#skip()],
      [3, () => this.#retryNow()],
      [1, () => this.#cancel()],
      [1, () => this.#replay()],
      [1, () => this.#republish()],
      [4, () => this.#fireStale()],
      [1, () => this.#sweep()],
    ];
    let at = this.#random.below(
      acts.reduce((sum, [weight]) => sum + weight, 0),
    );
    for (const [weight, act] of acts) {
      at -= weight;
      if (at < 0) return await act();
    }
  }

  async #start(): Promise<void> {
    const workflowId = this.#random.pick(this.#workflows);
    if (workflowId === undefined) return;
    const seed = this.#random.below(2 ** 31);
    this.#seeds.set(await this.#executor.start(workflowId, { seed }), seed);
  }

  async #claim(room = 1 + this.#random.below(6)): Promise<void> {
    for (const task of await this.#executor.claim(room)) {
      const held = { task, generation: this.#executor.generation };
      this.#held.push(held);
      this.#past.push(held);
      const { runId, stepKey, request } = task;
      const known = this.#requests.get(`${runId}:${stepKey}`) ?? request;
      if (known !== request)
        this.found.push(`E3: the request of ${stepKey} has changed`);
      this.#requests.set(`${runId}:${stepKey}`, request);
    }
  }

  /** What has finished, in any order; some of it twice, the second time with another result. */
  async #report(count = 1 + this.#random.below(4)): Promise<void> {
    const held = this.#random.shuffled(this.#held).slice(0, count);
    this.#held = this.#held.filter((one) => !held.includes(one));
    const reports = held.flatMap(({ task }) => {
      const { taskId } = task;
      const report = { taskId, result: this.#resultOf(task), output: SILENCE };
      const again = { taskId, result: completedWith(POISON), output: SILENCE };
      return this.#random.chance(0.3) ? [report, again] : [report];
    });
    await this.#executor.exchange({ reports });
  }

  #resultOf({ runId, stepKey, attempt, timeoutMs }: Claimed): Result {
    const fates = this.#fatesOf(runId);
    const isLate = timeoutMs < 60_000;
    if (isLate) return failedWith(true, "timeout");
    if (fates.fails(stepKey)) return failedWith(attempt % 2 === 0);
    return attempt <= fates.failedAttempts(stepKey)
      ? failedWith(true)
      : completedWith(stepKey);
  }

  /** From a worker that is long gone, or about a task that is. */
  async #reportAgain(): Promise<void> {
    const stale = this.#past.filter((one) => !this.#held.includes(one));
    const held = this.#random.pick(stale);
    if (held === undefined) return;
    const result = this.#random.chance(0.5)
      ? completedWith(POISON)
      : failedWith(false);
    const reports = [{ taskId: held.task.taskId, result, output: SILENCE }];
    const isOld = this.#random.chance(0.5);
    await this.#executor.exchange({
      reports,
      ...(isOld ? { generation: held.generation } : {}),
    });
  }

  /** About what nobody has begun. */
  async #reportUnclaimed(): Promise<void> {
    const tasks = await this.#executor.rows("tasks");
    const ready = tasks.filter(({ claimedBy }) => claimedBy === null);
    const task = this.#random.pick(ready);
    if (task === undefined) return;
    const result = completedWith(POISON);
    const reports = [{ taskId: task._id, result, output: SILENCE }];
    await this.#executor.exchange({ reports });
  }

  async #kill(): Promise<void> {
    this.#held = [];
    await this.#executor.killWorker();
  }

  async #sleep(): Promise<void> {
    if (this.#held.length > 0) return;
    await this.#executor.goIdle();
    await this.#start();
    // The product's own worker, which the start may have woken and given work.
    await this.#executor.killWorker();
  }

  async #decide(): Promise<void> {
    const all = await this.#executor.rows("approvals");
    const approval = this.#random.pick(all);
    if (approval !== undefined) await this.#decideOn(approval._id);
  }

  async #decideOn(approvalId: Id<"approvals">): Promise<void> {
    const all = await this.#executor.rows("approvals");
    const { runId, stepKey, outcome, until } = present(
      all.find(({ _id }) => _id === approvalId),
    );
    // What is to be late is left alone until its time is over; then it must be refused.
    const isOver = outcome !== null || (until !== null && until <= Date.now());
    if (!isOver && until !== null) return;
    const approved = this.#fatesOf(runId).approves(stepKey) !== isOver;
    const deciding = this.#executor.owner.mutation(api.approvals.decide, {
      approvalId,
      approved,
    });
    await this.#refusedIf(isOver, deciding, `deciding ${stepKey}`);
  }

  async #refusedIf(
    isOver: boolean,
    doing: Promise<unknown>,
    what: string,
  ): Promise<void> {
    const isDone = await doing.then(
      () => true,
      () => false,
    );
    if (isDone === isOver)
      this.found.push(
        `${what} was ${isDone ? "" : "not "}possible ${isOver ? "after" : "before"} its end`,
      );
  }

  /** For a step that waits, or for one that may come to wait. */
  async #send(): Promise<void> {
    const waits = await this.#executor.rows("openWaits");
    const wait = this.#random.pick(waits);
    if (wait !== undefined) await this.#sendTo(wait);
  }

  async #sendTo({ runId, stepKey }: Doc<"openWaits">): Promise<void> {
    const run = await this.#executor.run(runId);
    const workflowVersions = await this.#executor.rows("workflowVersions");
    const graph = graphOf({ workflowVersions }, run);
    if (nodeAt(graph, stepKey).timeoutMs !== null) return;
    const ok = this.#fatesOf(runId).fails(stepKey) ? "no" : true;
    const key = `${this.#seeds.get(runId)}:${stepKey}`;
    await this.#executor.owner.mutation(api.events.send, {
      organizationId: this.#executor.organizationId,
      name: "wanted",
      data: JSON.stringify({ key, ok }),
    });
  }

  async #stepsIn(kind: string): Promise<Doc<"stepExecutions">[]> {
    const steps = await this.#executor.rows("stepExecutions");
    return steps.filter(({ state }) => state.kind === kind);
  }

  async #skip(): Promise<void> {
    const steps = await this.#executor.rows("stepExecutions");
    const delay = this.#random.pick(
      steps.filter(({ kind }) => kind === "delay"),
    );
    if (delay === undefined) return;
    const { _id: stepId, state, key } = delay;
    await this.#refusedIf(
      state.kind !== "waiting",
      this.#executor.owner.mutation(api.stepExecutions.skipDelay, { stepId }),
      `skipping ${key}`,
    );
  }

  async #retryNow(): Promise<void> {
    const steps = await this.#executor.rows("stepExecutions");
    const step = this.#random.pick(
      steps.filter(({ kind }) => kind === "http" || kind === "action"),
    );
    if (step === undefined) return;
    const { _id: stepId, state, key } = step;
    await this.#refusedIf(
      state.kind !== "retrying",
      this.#executor.owner.mutation(api.stepExecutions.retryNow, { stepId }),
      `retrying ${key}`,
    );
  }

  async #cancel(): Promise<void> {
    const run = this.#random.pick(await this.#executor.rows("workflowRuns"));
    if (run === undefined) return;
    const isOver = run.endedAt !== null;
    if (!isOver) this.#cancelled.add(run._id);
    await this.#refusedIf(
      isOver,
      this.#executor.owner.mutation(api.workflowRuns.cancel, {
        runId: run._id,
      }),
      "cancelling",
    );
  }

  async #replay(): Promise<void> {
    const runId = this.#random.pick([...this.#seeds.keys()]);
    if (runId === undefined || this.#seeds.size >= 2 * RUNS) return;
    const version = this.#random.chance(0.5) ? "original" : "current";
    const replayed = await this.#executor.owner.mutation(
      api.workflowRuns.replay,
      { runId, version },
    );
    this.#seeds.set(replayed.runId, this.#seedOf(runId));
  }

  /** E8: runs that have started go on with what they started with. */
  async #republish(): Promise<void> {
    const workflowId = this.#random.pick(this.#workflows);
    if (workflowId === undefined) return;
    const [graph] = fc.sample(graphs, {
      seed: this.#random.below(2 ** 31),
      numRuns: 1,
    });
    if (graph === undefined) return;
    await this.#executor.publishAgain(workflowId, sourceOf(graph));
  }

  /** A timer that is early, or late, or fires twice: nothing comes of it. */
  async #fireStale(): Promise<void> {
    const steps = await this.#executor.rows("stepExecutions");
    const step = this.#random.pick(steps);
    if (step === undefined) return;
    const { runId, key, kind, attempt } = step;
    const waits = await this.#executor.rows("openWaits");
    const isComing = waits.some(
      (wait) =>
        wait.runId === runId && wait.stepKey === key && wait.eventId !== null,
    );
    if (isComing) await this.#fire(step, { kind: "waitTimeout", key });
    else if (kind === "delay") await this.#fire(step, { kind: "delay", key });
    else await this.#fire(step, { kind: "retry", key, attempt: attempt - 1 });
  }

  async #fire(step: Doc<"stepExecutions">, timer: Timer): Promise<void> {
    const { runId, key } = step;
    const { t } = this.#executor;
    await t.mutation(internal.executor.timers.fire, { runId, timer });
    const after = (await this.#executor.steps(runId)).get(key);
    if (!isDeepStrictEqual(after, step))
      this.found.push(`a stale timer ${timer.kind} moved ${key}`);
    await t.mutation(internal.executor.timers.resume, { runId });
  }

  async #sweep(): Promise<void> {
    await this.#executor.t.mutation(internal.executor.recovery.sweep, {});
    await this.#executor.holdSlot();
    this.#held = [];
    await this.#executor.killWorker();
  }

  async #look(): Promise<void> {
    const now = await takeSnapshot(this.#executor.t);
    this.found.push(...violations(now));
    if (this.#before !== null) this.found.push(...changesOf(this.#before, now));
    this.#before = now;
    for (const runId of await this.#executor.stuckRuns())
      this.found.push(`E4: the audit finds ${runId} stuck`);
  }

  async #bringToEnd(): Promise<void> {
    for (let round = 0; round < LAST_ROUNDS; round++) {
      if (this.found.length > 0 || (await this.#isOver())) return;
      await this.#claim(64);
      await this.#report(this.#held.length);
      for (const approval of await this.#executor.rows("approvals"))
        if (approval.outcome === null) await this.#decideOn(approval._id);
      for (const wait of await this.#executor.rows("openWaits"))
        if (wait.eventId === null) await this.#sendTo(wait);
      await this.#executor.pass();
      if ((await this.#stepsIn("pending")).length === 0)
        await this.#executor.pass(HOUR);
    }
    this.found.push("E4: a run does not end whatever is done for it");
  }

  async #isOver(): Promise<boolean> {
    const runs = await this.#executor.rows("workflowRuns");
    return runs.every(({ endedAt }) => endedAt !== null);
  }

  async #compare(): Promise<void> {
    const end = await takeSnapshot(this.#executor.t);
    for (const run of end.workflowRuns) {
      const fates = this.#fatesOf(run._id);
      const wasCancelled = this.#cancelled.has(run._id);
      this.found.push(...differences(end, run, { fates, wasCancelled }));
    }
    const { workflowRuns: runs, stepExecutions: steps, runEvents } = end;
    this.found.push(...wrongHistories({ runs, steps, chunks: runEvents }));
    if (JSON.stringify([end.payloads, end.stepExecutions]).includes(POISON))
      this.found.push("E2: a report that came too late was believed");
  }

  #seedOf(runId: RunId): number {
    const seed = this.#seeds.get(runId);
    if (seed === undefined) throw new Error(`nobody has started ${runId}`);
    return seed;
  }

  #fatesOf(runId: RunId): Fates {
    return new Fates(this.#seedOf(runId));
  }
}
