/**
 * One episode: random workflows, several runs of each, and everybody who can do something to them (workers, people,
 * senders of events, the clock) taking turns at random. Afterwards all that is open is brought to its end.
 */
import { isDeepStrictEqual } from "node:util";
import { SILENCE } from "../../../convex/executor/effects/stepOutput";
import fc from "fast-check";
import { internal } from "../../../convex/_generated/api";
import type { Doc, Id } from "../../../convex/_generated/dataModel";
import type { Timer } from "../../../convex/executor/flow/timerRequests";
import { isStepEnded } from "../../../convex/executor/flow/transitions";
import { FLOW_CONTROL } from "../../../convex/executor/queue/gates";
import { wholeStep } from "../../../convex/model/stepFields";
import { ChildWorkflows } from "./child-workflows";
import { Fates } from "./fates";
import { People } from "./interleaving-people";
import { changesOf, violations } from "./invariants";
import { kindsSeen } from "./kinds-seen";
import { present } from "./present";
import { graphsOf } from "./random-graphs";
import { ENOUGH_MS } from "./random-shapes";
import { differences } from "./reference-comparison";
import { runsAround, seedOf, wrongFamilies } from "./run-families";
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
  readonly #children = new ChildWorkflows();
  readonly #people: People;
  #started = 0;
  /** Claimed and not reported, and all that ever were. */
  #held: Held[] = [];
  readonly #past: Held[] = [];
  readonly #requests = new Map<string, string>();
  #before: Snapshot | null = null;
  readonly found: string[] = [];
  /** What happened to its runs. */
  readonly seen = new Set<string>();

  constructor(executor: StagedExecutor, seed: number) {
    this.#executor = executor;
    this.#random = new SeededRandom(seed);
    this.#people = new People(executor, this.#random, this.found);
  }

  async play(): Promise<void> {
    await this.#children.publish(this.#random, async (source) => {
      const workflowId = await this.#executor.publish(source);
      const workflows = await this.#executor.rows("workflows");
      return present(workflows.find(({ _id }) => _id === workflowId)).slug;
    });
    for (let n = 0; n < WORKFLOWS; n++)
      this.#workflows.push(await this.#executor.publish(this.#source()));
    for (let turn = 0; turn < TURNS && this.found.length === 0; turn++) {
      await this.#somebody();
      if (turn % 4 === 0) await this.#look();
    }
    await this.#bringToEnd();
    await this.#look();
    if (this.found.length === 0) await this.#compare();
  }

  #source(): string {
    const children = this.#children.slugs;
    const size = { children, maxDepth: 3, isPlain: false };
    const chosen = { seed: this.#random.below(2 ** 31), numRuns: 1 };
    const [graph] = fc.sample(graphsOf(size), chosen);
    return sourceOf(present(graph));
  }

  async #somebody(): Promise<void> {
    const acts: [number, () => Promise<void>][] = [
      [this.#started < RUNS ? 6 : 0, () => this.#start()],
      [8, () => this.#claim()],
      [10, () => this.#report()],
      [5, () => this.#reportAgain()],
      [2, () => this.#reportUnclaimed()],
      [2, () => this.#kill()],
      [2, () => this.#sleep()],
      [5, () => this.#executor.pass(this.#random.below(100_000))],
      [1, () => this.#executor.pass(HOUR)],
      ...this.#people.acts,
      [1, () => this.#republish()],
      [4, () => this.#fireStale()],
      [3, () => this.#startChildAgain()],
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
    this.#started += 1;
    const seed = this.#random.below(2 ** 31);
    await this.#executor.start(workflowId, { seed });
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
    const reports = [];
    for (const { task } of held) {
      const { taskId } = task;
      const result = await this.#resultOf(task);
      reports.push({ taskId, result, output: SILENCE });
      const again = { taskId, result: completedWith(POISON), output: SILENCE };
      if (this.#random.chance(0.3)) reports.push(again);
    }
    await this.#executor.exchange({ reports });
  }

  async #resultOf(task: Claimed): Promise<Result> {
    const { runId, stepKey, attempt, timeoutMs } = task;
    const fates = await this.#people.fatesOf(runId);
    const isLate = timeoutMs < 60_000;
    if (isLate) return failedWith(true, "timeout");
    if (fates.fails(stepKey)) return failedWith(attempt % 2 === 0);
    // What has time for a second attempt needs one.
    const least = timeoutMs === ENOUGH_MS ? 1 : 0;
    return attempt <= Math.max(least, fates.failedAttempts(stepKey))
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

  /** E8: runs that have started go on with what they started with. */
  async #republish(): Promise<void> {
    const workflowId = this.#random.pick(this.#workflows);
    if (workflowId === undefined) return;
    await this.#executor.publishAgain(workflowId, this.#source());
  }

  /** A timer that is early, or late, or fires twice: nothing comes of it. */
  async #fireStale(): Promise<void> {
    const steps = await this.#executor.rows("stepExecutions");
    const step = this.#random.pick(steps);
    if (step === undefined) return;
    const { runId, key, kind, attempt, state } = wholeStep(step);
    const { failing, endedAt } = await this.#executor.run(runId);
    const isDecided = failing !== undefined || endedAt !== null;
    if (isDecided && this.#random.chance(0.5))
      return await this.#fire(step, { kind: "runTimeout" });
    if (isStepEnded(state) && this.#random.chance(0.5))
      return await this.#fire(step, { kind: "stepTimeout", key });
    const waits = await this.#executor.rows("openWaits");
    const isComing = waits.some(
      (wait) =>
        wait.runId === runId && wait.stepKey === key && wait.eventId !== null,
    );
    const isWait = kind === "approval" || kind === "waitForEvent";
    if (isComing || (isWait && state.kind !== "waiting"))
      await this.#fire(step, { kind: "waitTimeout", key });
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

  /** A start of a run that has started: there is no second one. That its end is told twice does no harm either. */
  async #startChildAgain(): Promise<void> {
    const steps = await this.#executor.rows("stepExecutions");
    const started = steps.filter((row) => row.childRun);
    const awaited = started.filter(({ state }) => state.kind === "waiting");
    const step = this.#random.pick(awaited.length > 0 ? awaited : started);
    if (step === undefined) return;
    const { runId, key: stepKey, childRun } = step;
    const { runId: childId, attempt } = present(childRun);
    const { start, ended } = internal.executor.childRuns;
    await this.#executor.t.mutation(start, { runId, stepKey, attempt });
    const after = (await this.#executor.steps(runId)).get(stepKey);
    if (!isDeepStrictEqual(after, step))
      this.found.push(`a second start moved ${stepKey}`);
    await this.#executor.t.mutation(ended, { childId });
    await this.#executor.t.mutation(ended, { childId });
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
      await this.#people.answerAll();
      await this.#executor.pass();
      const steps = await this.#executor.rows("stepExecutions");
      if (!steps.some(({ state }) => state.kind === "pending"))
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
    for (const kind of kindsSeen(end)) this.seen.add(kind);
    const { cancelled, cutOff } = this.#people;
    const disturbed = disturbedSteps(end, cancelled);
    for (const run of end.workflowRuns) {
      const fates = new Fates(seedOf(run));
      const isDisturbed = (key: string) => disturbed.has(`${run._id}:${key}`);
      const runOf = this.#children.reference(fates, isDisturbed);
      const cancel = cancelled.has(run._id)
        ? "certain"
        : mayBeCancelled(run)
          ? "possible"
          : "none";
      const mayCutOff = cutOff.has(run._id) || run.parent?.waits === true;
      const given = { fates, runOf, cancel, mayCutOff } as const;
      this.found.push(...differences(end, run, given));
    }
    this.found.push(...wrongFamilies(end, cancelled));
    const { workflowRuns: runs, stepExecutions: steps, runEvents } = end;
    this.found.push(...wrongHistories({ runs, steps, chunks: runEvents }));
    if (JSON.stringify([end.payloads, end.stepExecutions]).includes(POISON))
      this.found.push("E2: a report that came too late was believed");
  }
}

/** Steps that run, directly or further inside, what a person has cancelled. */
function disturbedSteps(
  { workflowRuns }: Snapshot,
  cancelled: ReadonlySet<string>,
): Set<string> {
  const around = workflowRuns
    .filter(({ _id }) => cancelled.has(_id))
    .flatMap((run) => runsAround(workflowRuns, run));
  return new Set(around.map(({ runId, stepKey }) => `${runId}:${stepKey}`));
}

/** With its step, or for another run; `run-families.ts` looks at why. */
function mayBeCancelled({ parent, state }: Doc<"workflowRuns">): boolean {
  const isReplaced = state.kind === "cancelled" && state.by === FLOW_CONTROL;
  return parent?.waits === true || isReplaced;
}
