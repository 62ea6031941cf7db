/**
 * E1 to E9 for one run, as far as they show in its rows: pure, so that tests ask it of everything they made and the audit
 * of the whole database.
 */
import type { Doc } from "../../_generated/dataModel";
import type { Graph } from "../../language/graph";
import type { WholeStep } from "../../model/stepFields";
import type { Finding, FindingName } from "../../validators/upkeep";
import { runDeadline, stepDeadline } from "../flow/deadlines";
import { isIterationKey, iterationIndex, parentKeyOf } from "../flow/keys";
import type { Timer } from "../flow/timerRequests";
import {
  isCutOff,
  isRunEnded,
  isStepEnded,
  loopAt,
  nodeAt,
} from "../flow/transitions";

type Step = WholeStep;
type Run = Doc<"workflowRuns">;
type Wait = Doc<"openWaits">;

const MAX_ROW_BYTES = 8 * 1024;

export interface RunRows {
  run: Run;
  /** Of the version that the run sees. */
  graph: Graph;
  steps: Step[];
  /** False: there are too many steps to be read at once, and these are those that have not ended. */
  isWhole: boolean;
  tasks: Doc<"tasks">[];
  waits: Wait[];
  approvals: Doc<"approvals">[];
  attempts: Doc<"stepAttempts">[];
  /** What was active in it ends in further transactions. */
  isEnding: boolean;
  /** Somebody goes on with its backlog. */
  isResumed: boolean;
  hasTimer: (timer: Timer, dueAt: number) => boolean;
  isDelivered: (wait: Wait) => boolean;
  /** The step waits for a run that is under way, or about to start. */
  hasChild: (step: Step) => boolean;
}

export function findingsOf(rows: RunRows): Finding[] {
  return new RunCheck(rows).found();
}

class RunCheck {
  readonly #rows: RunRows;
  readonly #run: Run;
  readonly #graph: Graph;
  readonly #steps: Map<string, Step>;
  readonly #found: Finding[] = [];

  constructor(rows: RunRows) {
    this.#rows = rows;
    this.#run = rows.run;
    this.#graph = rows.graph;
    this.#steps = new Map(rows.steps.map((step) => [step.key, step]));
  }

  found(): Finding[] {
    if (this.#steps.size < this.#rows.steps.length)
      this.#say("E2_twice", "a step has two rows");
    for (const step of this.#steps.values()) {
      this.#partOfTheRun(step);
      if (step.loop !== null && this.#rows.isWhole)
        this.#counted(step, step.loop);
      if (!isStepEnded(step.state)) this.#moved(step);
    }
    this.#timed();
    this.#settled();
    if (isRunEnded(this.#run.state)) this.#ended();
    this.#small();
    return this.#found;
  }

  #say(name: FindingName, text: string, stepKey?: string): void {
    const { _id: runId, number, state } = this.#run;
    const where = `${text} (run #${number}, ${JSON.stringify(state)})`;
    this.#found.push({
      name,
      runId,
      text: where,
      ...(stepKey === undefined ? {} : { stepKey }),
    });
  }

  /** Rows of one turn are written together: none without what is around it, none active in what has ended. */
  #partOfTheRun(step: Step): void {
    const { key, state, endedAt } = step;
    if (isStepEnded(state) !== (endedAt !== null))
      this.#say("E1_end", `${key} is ${state.kind} and ended at ${endedAt}`);
    if (!isIterationKey(key) && nodeAt(this.#graph, key).kind !== step.kind)
      this.#say(
        "E8_kind",
        `${key} is a ${step.kind}, not what the version says`,
      );
    const parentKey = parentKeyOf(key);
    if (parentKey === null || !this.#rows.isWhole) return;
    const parent = this.#steps.get(parentKey);
    if (parent === undefined) this.#say("E1_outside", `${key} is in nothing`);
    else if (isStepEnded(parent.state) && !isStepEnded(state))
      this.#say("E1_inside", `${key} is ${state.kind} in ${parent.state.kind}`);
  }

  #counted(step: Step, counts: NonNullable<Step["loop"]>): void {
    const iterations = [...this.#steps.values()].filter(
      ({ key }) => isIterationKey(key) && parentKeyOf(key) === step.key,
    );
    const count = (kind: string) =>
      iterations.filter(({ state }) => state.kind === kind).length;
    const { completed, failed, running } = counts;
    const loop = loopAt(this.#graph, step.key);
    if (completed !== count("completed") || failed !== count("failed"))
      this.#say("E5_counts", `${step.key} counts ${JSON.stringify(counts)}`);
    if (!isStepEnded(step.state) && running !== count("running"))
      this.#say("E5_counts", `${step.key} counts ${running} running`);
    if (count("running") > loop.concurrency)
      this.#say("E5_at_once", `${step.key} has ${count("running")} at once`);
    const indexes = iterations.map(({ key }) => iterationIndex(key));
    if (new Set(indexes).size !== indexes.length)
      this.#say("E2_twice", `${step.key} has an iteration twice`);
  }

  /** Each active step has what will move it. */
  #moved(step: Step): void {
    if (!this.#hasMover(step))
      this.#say(
        "E4_step",
        `nothing moves ${step.key}, ${JSON.stringify(step.state)}`,
        step.key,
      );
  }

  /** Nothing in a run that has ended has to be on time: it is ended with the run. */
  #timed(): void {
    if (isRunEnded(this.#run.state)) return;
    const deadline = runDeadline(this.#run, this.#graph);
    if (this.#isLate(deadline, { kind: "runTimeout" }))
      this.#say("E4_late", "the time of the run is up");
    for (const step of this.#steps.values())
      if (!isStepEnded(step.state) && !isCutOff(this.#run.backlog, step.key))
        this.#inTime(step);
  }

  #inTime(step: Step): void {
    const { key } = step;
    const deadline = stepDeadline(this.#graph, this.#run, step);
    if (this.#isLate(deadline, { kind: "stepTimeout", key }))
      this.#say("E4_late", `the time of ${key} is up`, key);
  }

  #isLate(deadline: number | null, timer: Timer): boolean {
    return deadline !== null && !this.#rows.hasTimer(timer, deadline);
  }

  #hasMover(step: Step): boolean {
    const { _id, key, kind, state, attempt } = step;
    const tasks = this.#rows.tasks.filter(({ stepId }) => stepId === _id);
    const [task] = tasks;
    const isTask = tasks.length === 1 && task?.attempt === attempt;
    switch (state.kind) {
      case "pending":
        return isTask && task?.claimedBy === null;
      case "retrying":
        return this.#rows.hasTimer(
          { kind: "retry", key, attempt },
          state.nextRetryAt,
        );
      case "waiting":
        if (state.for === "delay")
          return this.#rows.hasTimer({ kind: "delay", key }, state.until);
        if (state.for === "run") return this.#rows.hasChild(step);
        return (
          this.#isTimed(key, state.until) && this.#isAwaited(key, state.for)
        );
      case "running":
        if (kind === "http" || kind === "action")
          return isTask && task?.claimedBy !== null;
        return this.#run.backlog.length > 0 || this.#hasActiveInside(key);
      default:
        return true;
    }
  }

  #isTimed(key: string, until: number | null): boolean {
    return (
      until === null || this.#rows.hasTimer({ kind: "waitTimeout", key }, until)
    );
  }

  #isAwaited(key: string, what: "event" | "approval"): boolean {
    const isOwn = (row: { stepKey: string }) => row.stepKey === key;
    if (what === "approval")
      return this.#rows.approvals.some(
        (row) => isOwn(row) && row.outcome === null,
      );
    const wait = this.#rows.waits.find(isOwn);
    if (wait === undefined) return false;
    return wait.eventId === null || this.#rows.isDelivered(wait);
  }

  #hasActiveInside(key: string): boolean {
    if (!this.#rows.isWhole) return true;
    return [...this.#steps.values()].some(
      (step) => parentKeyOf(step.key) === key && !isStepEnded(step.state),
    );
  }

  #settled(): void {
    const { state, backlog } = this.#run;
    const { tasks } = this.#rows;
    if (backlog.length > 0 && !this.#rows.isResumed)
      this.#say("E4_backlog", "nobody goes on with the backlog");
    if (state.kind !== "waiting") return;
    const sleeper = this.#steps.get(state.stepKey ?? "");
    if (tasks.length > 0 || backlog.length > 0)
      this.#say("E1_waits", "the run waits and has work");
    if (sleeper?.state.kind !== "waiting" && sleeper?.state.kind !== "retrying")
      this.#say("E1_waits", "the run waits for a step that does not");
  }

  #ended(): void {
    const { endedAt } = this.#run;
    if (this.#rows.isEnding) return;
    const active = [...this.#steps.values()].filter(
      ({ state }) => !isStepEnded(state),
    );
    const left = {
      steps: active.length,
      tasks: this.#rows.tasks.length,
      waits: this.#rows.waits.length,
      approvals: this.#rows.approvals.filter(({ outcome }) => outcome === null)
        .length,
      attempts: this.#rows.attempts.filter(({ status }) => status === "running")
        .length,
    };
    if (endedAt === null || Object.values(left).some((count) => count > 0))
      this.#say(
        "E6_left",
        `the run has ended and left ${JSON.stringify(left)}`,
      );
  }

  #small(): void {
    for (const row of [this.#run, ...this.#steps.values()])
      if (JSON.stringify(row).length > MAX_ROW_BYTES)
        this.#say("E9_large", `${row._id} is a large row`);
  }
}
