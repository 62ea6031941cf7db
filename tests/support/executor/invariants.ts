/** E1 to E9, as far as they show in what is stored: each violation as a sentence that begins with its number. */
import { isDeepStrictEqual } from "node:util";
import type { Doc } from "../../../convex/_generated/dataModel";
import {
  isIterationKey,
  iterationIndex,
  parentKeyOf,
} from "../../../convex/executor/flow/keys";
import {
  isRunEnded,
  isStepEnded,
  loopAt,
  nodeAt,
} from "../../../convex/executor/flow/transitions";
import type { Graph } from "../../../convex/language/graph";
import type { Job, Snapshot } from "./snapshot";

type Step = Doc<"stepExecutions">;
type Run = Doc<"workflowRuns">;

const MAX_INLINE_BYTES = 64 * 1024;
const MAX_ROW_BYTES = 8 * 1024;

export function violations(now: Snapshot): string[] {
  return now.workflowRuns.flatMap((run) => new RunCheck(now, run).found());
}

/** What must not have changed since an earlier snapshot. */
export function changesOf(before: Snapshot, now: Snapshot): string[] {
  const runs = byId(now.workflowRuns);
  const over = before.workflowRuns.filter(({ state }) => isRunEnded(state));
  const ended = before.stepExecutions.filter(({ state }) => isStepEnded(state));
  return [
    ...changed("E6: the run, after its end,", over, now.workflowRuns),
    ...changed("E2: the step, after its end,", ended, now.stepExecutions),
    ...changed(
      "E8: the version",
      before.workflowVersions,
      now.workflowVersions,
    ),
    ...changed("E9: the payload", before.payloads, now.payloads),
    ...before.workflowRuns
      .filter((run) => runs.get(run._id)?.versionId !== run.versionId)
      .map(({ _id }) => `E8: run ${_id} has another version`),
    ...requestsChanged(before, now),
  ];
}

function requestsChanged(before: Snapshot, now: Snapshot): string[] {
  const steps = byId(now.stepExecutions);
  return before.stepExecutions
    .filter(({ _id, kind, input }) => {
      const isEffect = kind === "http" || kind === "action";
      return isEffect && !isDeepStrictEqual(input, steps.get(_id)?.input);
    })
    .map(({ key }) => `E3: the request of ${key} has changed`);
}

function byId<Row extends { _id: string }>(rows: Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [row._id, row]));
}

function changed<Row extends { _id: string }>(
  what: string,
  before: Row[],
  now: Row[],
): string[] {
  const rows = byId(now);
  return before
    .filter((row) => !isDeepStrictEqual(row, rows.get(row._id)))
    .map(
      (row) =>
        `${what} changed: ${JSON.stringify(row)} became ${JSON.stringify(rows.get(row._id))}`,
    );
}

/** Of the version that the run sees. */
export function graphOf(
  { workflowVersions }: Pick<Snapshot, "workflowVersions">,
  { versionId }: Run,
): Graph {
  const version = workflowVersions.find(({ _id }) => _id === versionId);
  // Written by the compiler.
  return JSON.parse(version?.graph ?? "") as Graph;
}

class RunCheck {
  readonly #now: Snapshot;
  readonly #run: Run;
  readonly #graph: Graph;
  readonly #steps: Map<string, Step>;
  readonly #found: string[] = [];

  constructor(now: Snapshot, run: Run) {
    this.#now = now;
    this.#run = run;
    this.#graph = graphOf(now, run);
    const own = now.stepExecutions.filter(({ runId }) => runId === run._id);
    this.#steps = new Map(own.map((step) => [step.key, step]));
  }

  found(): string[] {
    for (const step of this.#steps.values()) {
      this.#partOfTheRun(step);
      if (step.loop !== null) this.#counted(step, step.loop);
      if (!isStepEnded(step.state)) this.#moved(step);
    }
    this.#settled();
    if (isRunEnded(this.#run.state)) this.#ended();
    this.#small();
    return this.#found;
  }

  #say(sentence: string): void {
    const { _id, state } = this.#run;
    this.#found.push(`${sentence} (run ${_id}, ${JSON.stringify(state)})`);
  }

  /** Rows of one turn are written together: none without what is around it, none active in what has ended. */
  #partOfTheRun(step: Step): void {
    const { key, state, endedAt } = step;
    if (isStepEnded(state) !== (endedAt !== null))
      this.#say(`E1: ${key} is ${state.kind} and ended at ${endedAt}`);
    if (!isIterationKey(key) && nodeAt(this.#graph, key).kind !== step.kind)
      this.#say(`E8: ${key} is a ${step.kind}, not what the version says`);
    const parentKey = parentKeyOf(key);
    if (parentKey === null) return;
    const parent = this.#steps.get(parentKey);
    if (parent === undefined) this.#say(`E1: ${key} is in nothing`);
    else if (isStepEnded(parent.state) && !isStepEnded(state))
      this.#say(`E1: ${key} is ${state.kind} in ${parent.state.kind}`);
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
      this.#say(`E5: ${step.key} counts ${JSON.stringify(counts)}`);
    if (!isStepEnded(step.state) && running !== count("running"))
      this.#say(`E5: ${step.key} counts ${running} running`);
    if (count("running") > loop.concurrency)
      this.#say(`E5: ${step.key} has ${count("running")} at once`);
    const indexes = iterations.map(({ key }) => iterationIndex(key));
    if (new Set(indexes).size !== indexes.length)
      this.#say(`E2: ${step.key} has an iteration twice`);
  }

  /** Each active step has what will move it. */
  #moved(step: Step): void {
    if (!this.#hasMover(step))
      this.#say(`E4: nothing moves ${step.key}, ${JSON.stringify(step.state)}`);
  }

  #hasMover({ _id, key, kind, state, attempt }: Step): boolean {
    const tasks = this.#now.tasks.filter(({ stepId }) => stepId === _id);
    const [task] = tasks;
    const isTask = tasks.length === 1 && task?.attempt === attempt;
    switch (state.kind) {
      case "pending":
        return isTask && task?.claimedBy === null;
      case "retrying":
        return this.#hasTimer({ kind: "retry", key, attempt });
      case "waiting":
        if (state.for === "delay")
          return this.#hasTimer({ kind: "delay", key });
        if (
          state.until !== null &&
          !this.#hasTimer({ kind: "waitTimeout", key })
        )
          return false;
        return this.#isAwaited(key, state.for);
      case "running":
        if (kind === "http" || kind === "action")
          return isTask && task?.claimedBy !== null;
        return this.#run.backlog.length > 0 || this.#hasActiveInside(key);
      default:
        return true;
    }
  }

  #isAwaited(key: string, what: string): boolean {
    const isOwn = (row: { runId: string; stepKey: string }) =>
      row.runId === this.#run._id && row.stepKey === key;
    if (what === "approval")
      return this.#now.approvals.some(
        (row) => isOwn(row) && row.outcome === null,
      );
    const wait = this.#now.openWaits.find(isOwn);
    if (wait === undefined) return false;
    const delivery = { runId: this.#run._id, stepKey: key };
    return wait.eventId === null || this.#hasJob("deliver", delivery);
  }

  #hasTimer(timer: object): boolean {
    return this.#hasJob("fire", { runId: this.#run._id, timer });
  }

  #hasJob(name: string, args: object): boolean {
    const isIt = (job: Job) =>
      job.name.endsWith(`:${name}`) && isDeepStrictEqual(job.args, args);
    return this.#now.jobs.some(isIt);
  }

  #hasActiveInside(key: string): boolean {
    return [...this.#steps.values()].some(
      (step) => parentKeyOf(step.key) === key && !isStepEnded(step.state),
    );
  }

  #settled(): void {
    const { state, backlog, _id: runId } = this.#run;
    const tasks = this.#now.tasks.filter((task) => task.runId === runId);
    if (backlog.length > 0 && !this.#hasJob("resume", { runId }))
      this.#say("E4: nobody goes on with the backlog");
    if (state.kind !== "waiting") return;
    const sleeper = this.#steps.get(state.stepKey ?? "");
    if (tasks.length > 0 || backlog.length > 0)
      this.#say("E1: the run waits and has work");
    if (sleeper?.state.kind !== "waiting" && sleeper?.state.kind !== "retrying")
      this.#say("E1: the run waits for a step that does not");
  }

  #ended(): void {
    const { _id: runId, endedAt } = this.#run;
    const isOwn = (row: { runId: string }) => row.runId === runId;
    const active = [...this.#steps.values()].filter(
      ({ state }) => !isStepEnded(state),
    );
    const ids = new Set([...this.#steps.values()].map(({ _id }) => _id));
    const left = {
      steps: active.length,
      tasks: this.#now.tasks.filter(isOwn).length,
      waits: this.#now.openWaits.filter(isOwn).length,
      approvals: this.#now.approvals.filter(
        (row) => isOwn(row) && row.outcome === null,
      ).length,
      attempts: this.#now.stepAttempts.filter(
        ({ stepId, status }) => ids.has(stepId) && status === "running",
      ).length,
    };
    if (endedAt === null || Object.values(left).some((count) => count > 0))
      this.#say(`E6: the run has ended and left ${JSON.stringify(left)}`);
  }

  #small(): void {
    for (const row of [this.#run, ...this.#steps.values()])
      if (JSON.stringify(row).length > MAX_ROW_BYTES)
        this.#say(`E9: ${row._id} is a large row`);
    for (const payload of this.#now.payloads)
      if (JSON.stringify(payload).length > MAX_INLINE_BYTES * 1.5)
        this.#say(`E9: ${payload._id} is a large payload`);
  }
}
