/**
 * What one turn has loaded and changed. Steps and values are read when they are needed, changed in memory and written
 * once at the end, so a turn costs what it changes (E7) and is all or nothing (E1).
 */
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx } from "../../functions";
import type { LogLine } from "../../language/evaluation";
import type { Graph, Program, StepNode } from "../../language/graph";
import { graphOf } from "../../model/keptVersions";
import { programOf } from "../../model/programs";
import type { RunFields } from "../../model/runs";
import type { StepFields } from "../../model/stepFields";
import type { RunState } from "../../validators/runs";
import type { StepState } from "../../validators/steps";
import { EventLog } from "../runs/eventLog";
import { appendLog } from "../effects/stepOutput";
import type { Handout } from "../effects/handout";
import { stepChange } from "../runs/runHistory";
import { iterationIndex, parentKeyOf, scopeOf } from "./keys";
import {
  isCutOff,
  isRunEnded,
  isStepEnded,
  sequences,
  type Work,
} from "./transitions";
import { type TurnStep, TurnSteps } from "./turnSteps";
import { TurnValues } from "./turnValues";

const RUNNING = { kind: "running" } as const;

export class TurnState {
  readonly ctx: MutationCtx;
  readonly version: Doc<"workflowVersions">;
  readonly graph: Graph;
  readonly now: number;
  /** What happens in this turn, for the run's history. */
  readonly log: EventLog;
  readonly values: TurnValues;
  run: RunFields;
  stepsTaken = 0;
  /** Set while a worker that has room waits for the outcome of this turn. */
  handout: Handout | null = null;
  /** The run's failure was decided in this turn: nothing else is done in it, and this follows in another. */
  continuation: Work[] | null = null;
  /** A task was made in this turn, and none was taken away. */
  hasNewTask = false;
  readonly #steps: TurnSteps;
  readonly #logs = new Map<string, LogLine[]>();
  /** The run began in this transaction. */
  readonly #isNew: boolean;
  #runChange: Partial<RunFields> | null = null;
  #program: Program | null = null;

  constructor(
    ctx: MutationCtx,
    loaded: {
      run: RunFields;
      version: Doc<"workflowVersions">;
      now: number;
      isNew?: boolean;
    },
  ) {
    this.ctx = ctx;
    this.run = loaded.run;
    const runId = loaded.run._id;
    this.log = new EventLog(ctx, runId, loaded);
    this.values = new TurnValues(ctx, runId);
    this.#steps = new TurnSteps(ctx, runId, (key) => this.#logs.has(key));
    this.version = loaded.version;
    this.graph = graphOf(loaded.version);
    this.now = loaded.now;
    this.#isNew = loaded.isNew === true;
  }

  /** Loaded only by turns that call user code. */
  async program(): Promise<Program> {
    this.#program ??= await programOf(this.ctx, this.version._id);
    return this.#program;
  }

  setRun(change: Partial<Doc<"workflowRuns">>): void {
    this.run = { ...this.run, ...change };
    this.#runChange = { ...this.#runChange, ...change };
    if (change.state !== undefined)
      this.log.add({ type: "run", state: change.state });
  }

  setRunState(state: RunState): void {
    this.setRun({ state });
  }

  /** A row that is known by its id. */
  async stepById(id: Id<"stepExecutions">): Promise<StepFields | null> {
    return await this.#steps.byId(id);
  }

  async findStep(key: string): Promise<StepFields | null> {
    return (await this.#steps.find(key))?.fields ?? null;
  }

  /** A step this turn has to do with already, without waiting; `findStep` looks for the others. */
  seen(key: string): StepFields | undefined {
    return this.#steps.seen(key)?.fields;
  }

  async step(key: string): Promise<StepFields> {
    return this.seen(key) ?? (await this.#steps.known(key)).fields;
  }

  /** The id of a step's row; writes the row now if it is new. */
  async stepId(key: string): Promise<Id<"stepExecutions">> {
    return await this.#steps.idOf(key);
  }

  addStep(key: string, node: StepNode, change: Partial<StepFields>): void {
    this.stepsTaken += 1;
    const { kind, label, path } = node;
    const sequence = sequences(this.graph).get(path) ?? 0;
    this.#add(key, { kind, label, sequence }, change);
  }

  addIteration(key: string, change: Partial<StepFields>): void {
    const index = iterationIndex(key);
    const what = { label: `#${index + 1}`, sequence: index };
    this.#add(key, { kind: "iteration", ...what }, change);
  }

  async change(key: string, change: Partial<StepFields>): Promise<void> {
    this.#change(
      this.#steps.seen(key) ?? (await this.#steps.known(key)),
      change,
    );
  }

  #change(step: TurnStep, change: Partial<StepFields>): void {
    Object.assign(step.fields, change);
    step.isDirty = true;
    if (change.state !== undefined)
      this.log.add({ type: "step", ...stepChange(step.fields) });
  }

  /** The worker has the step's attempt from now on. */
  async startAttempt(key: string): Promise<StepFields> {
    const step = await this.#steps.known(key);
    const { fields } = step;
    const { attempt, startedAt } = fields;
    const started = { state: RUNNING, startedAt: startedAt ?? this.now };
    Object.assign(fields, started);
    step.isDirty = true;
    this.log.add({ type: "attempt", key, attempt, status: "running" });
    return fields;
  }

  /** Gives a step its last state. A step that has ended stays as it is (E2): then the answer is false. */
  async end(
    key: string,
    state: StepState,
    change: Partial<StepFields> = {},
  ): Promise<boolean> {
    const step = this.#steps.seen(key) ?? (await this.#steps.known(key));
    if (isStepEnded(step.fields.state)) return false;
    if (state.kind !== "cancelled" && isCutOff(this.run.backlog, key))
      return false;
    this.#change(step, { state, endedAt: this.now, ...change });
    return true;
  }

  addLogs(key: string, lines: LogLine[]): void {
    if (lines.length > 0)
      this.#logs.set(key, [...(this.#logs.get(key) ?? []), ...lines]);
  }

  /** Rows of this turn and of the database that are in one of the states, at most `limit` of the database's. */
  async stepsIn(
    kinds: readonly StepState["kind"][],
    limit: number,
  ): Promise<StepFields[]> {
    return await this.#steps.inStates(kinds, limit);
  }

  /** Those of them that are inside a container. */
  async stepsInside(
    container: string,
    kinds: readonly StepState["kind"][],
    limit: number,
  ): Promise<StepFields[]> {
    return await this.#steps.inside(container, kinds, limit);
  }

  /** Iterations of a loop in order, from the beginning of a chunk (`model/stepPacks.ts`) and `to` left out. */
  async iterations(
    loopKey: string,
    range: { from: number; to: number },
  ): Promise<StepFields[]> {
    return await this.#steps.iterations(loopKey, range);
  }

  async flush(): Promise<void> {
    await this.#steps.flush(this.#isNew && isRunEnded(this.run.state));
    await this.#flushLogs();
    if (await this.log.flush(this.now, this.run))
      this.setRun({ isLogShared: true });
    const change = this.#runChange;
    if (change === null) return;
    this.#runChange = null;
    await this.ctx.db.patch("workflowRuns", this.run._id, change);
  }

  /** Written out, because spreads of rows this wide are slow. */
  #add(
    key: string,
    what: Pick<StepFields, "kind" | "label" | "sequence">,
    change: Partial<StepFields>,
  ): void {
    const added: StepFields = {
      runId: this.run._id,
      key,
      parentKey: parentKeyOf(key),
      scope: scopeOf(key),
      sequence: what.sequence,
      kind: what.kind,
      label: what.label,
      state: RUNNING,
      attempt: 1,
      maxAttempts: 1,
      interrupted: 0,
      createdAt: this.now,
      startedAt: this.now,
      endedAt: null,
      input: null,
      output: null,
      error: null,
      loop: null,
      branch: null,
    };
    Object.assign(added, change);
    this.#steps.add(added);
    const { kind, startedAt, endedAt, reusedFrom } = added;
    this.log.add({
      type: "began",
      kind,
      ...stepChange(added),
      ...(reusedFrom === undefined ? {} : { reusedFrom: reusedFrom.number }),
      ...(startedAt === this.now ? {} : { startedAt }),
      ...(endedAt === null ? {} : { endedAt }),
    });
  }

  async #flushLogs(): Promise<void> {
    const [runId, at] = [this.run._id, this.now];
    for (const [key, lines] of this.#logs) {
      const stepId = await this.stepId(key);
      const { attempt } = await this.step(key);
      await appendLog(
        this.ctx,
        { runId, stepId, attempt },
        lines.map(({ level, message: text }) => ({ level, at, text })),
      );
    }
    this.#logs.clear();
  }
}
