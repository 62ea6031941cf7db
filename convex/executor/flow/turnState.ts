/**
 * What one turn has loaded and changed: a cache over the rows of one run. Rows are read by key when they are needed,
 * changed in memory and written once at the end, so a turn costs what it changes (E7) and is all or nothing (E1).
 */
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx } from "../../functions";
import type { Json, LogLine } from "../../language/evaluation";
import type { Graph, Program, StepNode } from "../../language/graph";
import { graphOf } from "../../model/keptVersions";
import { programOf } from "../../model/programs";
import {
  parsePayload,
  type PayloadRef,
  readPayload,
  smallPayload,
  storePayload,
} from "../../model/payloads";
import type { RunFields } from "../../model/runs";
import { type StepFields, storedStep, wholeStep } from "../../model/stepFields";
import type { RunState } from "../../validators/runs";
import type { StepState } from "../../validators/steps";
import { EventLog } from "../runs/eventLog";
import { appendLog } from "../effects/stepOutput";
import type { Handout } from "../effects/handout";
import { stepChange } from "../runs/runHistory";
import {
  iterationIndex,
  iterationKey,
  parentKeyOf,
  rangesInside,
  scopeOf,
} from "./keys";
import { isCutOff, isStepEnded, sequences, type Work } from "./transitions";

const RUNNING = { kind: "running" } as const;

type Cached = {
  id: Id<"stepExecutions"> | null;
  fields: StepFields;
  dirty: boolean;
};

export class TurnState {
  readonly ctx: MutationCtx;
  readonly version: Doc<"workflowVersions">;
  readonly graph: Graph;
  readonly now: number;
  /** What happens in this turn, for the run's history. */
  readonly log: EventLog;
  run: RunFields;
  bytesWritten = 0;
  stepsTaken = 0;
  /** Set while a worker that has room waits for the outcome of this turn. */
  handout: Handout | null = null;
  /** The run's failure was decided in this turn: nothing else is done in it, and this follows in another. */
  continuation: Work[] | null = null;
  /** A task was made in this turn, and none was taken away. */
  hasNewTask = false;
  readonly #steps = new Map<string, Cached>();
  readonly #values = new Map<Id<"payloads">, Json>();
  readonly #logs = new Map<string, LogLine[]>();
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
    this.log = new EventLog(ctx, loaded.run._id, loaded);
    this.version = loaded.version;
    this.graph = graphOf(loaded.version);
    this.now = loaded.now;
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
    const row = await this.ctx.db.get("stepExecutions", id);
    return row === null ? null : this.#remember(row).fields;
  }

  async findStep(key: string): Promise<StepFields | null> {
    const cached = this.#steps.get(key) ?? (await this.#load(key));
    return cached?.fields ?? null;
  }

  /** A step this turn has to do with already, without waiting; `findStep` looks for the others. */
  seen(key: string): StepFields | undefined {
    return this.#steps.get(key)?.fields;
  }

  async step(key: string): Promise<StepFields> {
    return this.seen(key) ?? (await this.#known(key)).fields;
  }

  /** The id of a step's row; writes the row now if it is new. */
  async stepId(key: string): Promise<Id<"stepExecutions">> {
    const cached = await this.#known(key);
    return cached.id ?? (await this.#write(cached));
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
    this.#change(this.#steps.get(key) ?? (await this.#known(key)), change);
  }

  #change(cached: Cached, change: Partial<StepFields>): void {
    Object.assign(cached.fields, change);
    cached.dirty = true;
    if (change.state !== undefined)
      this.log.add({ type: "step", ...stepChange(cached.fields) });
  }

  /** The worker has the step's attempt from now on. */
  async startAttempt(key: string): Promise<StepFields> {
    const fields = await this.step(key);
    const { attempt, startedAt } = fields;
    const started = { state: RUNNING, startedAt: startedAt ?? this.now };
    Object.assign(fields, started);
    this.#markDirty(key);
    this.log.add({ type: "attempt", key, attempt, status: "running" });
    return fields;
  }

  #markDirty(key: string): void {
    const cached = this.#steps.get(key);
    if (cached !== undefined) cached.dirty = true;
  }

  /** Gives a step its last state. A step that has ended stays as it is (E2): then the answer is false. */
  async end(
    key: string,
    state: StepState,
    change: Partial<StepFields> = {},
  ): Promise<boolean> {
    const cached = this.#steps.get(key) ?? (await this.#known(key));
    if (isStepEnded(cached.fields.state)) return false;
    if (state.kind !== "cancelled" && isCutOff(this.run.backlog, key))
      return false;
    this.#change(cached, { state, endedAt: this.now, ...change });
    return true;
  }

  addLogs(key: string, lines: LogLine[]): void {
    if (lines.length > 0)
      this.#logs.set(key, [...(this.#logs.get(key) ?? []), ...lines]);
  }

  /** `json` is the value's text, for who has it already. */
  async store(
    value: Json,
    json: string = JSON.stringify(value),
  ): Promise<PayloadRef> {
    const small = smallPayload(json);
    if (small !== null) return this.#counted(small);
    const ref = await this.storeText(json);
    if (ref.id !== null) this.#values.set(ref.id, value);
    return ref;
  }

  async storeText(json: string): Promise<PayloadRef> {
    return this.#counted(await storePayload(this.ctx, this.run._id, json));
  }

  #counted(ref: PayloadRef): PayloadRef {
    this.bytesWritten += ref.bytes;
    return ref;
  }

  /** A value that takes no reading; `value` reads the others. */
  valueAtHand(ref: PayloadRef | null): Json | undefined {
    if (ref === null) return null;
    return ref.id === null
      ? parsePayload(ref.preview)
      : this.#values.get(ref.id);
  }

  async value(ref: PayloadRef | null): Promise<Json> {
    const known = this.valueAtHand(ref);
    if (known !== undefined || !ref?.id) return known ?? null;
    const value = parsePayload(await readPayload(this.ctx, ref));
    this.#values.set(ref.id, value);
    return value;
  }

  /** Rows of this turn and of the database that are in one of the states, at most `limit` of the database's. */
  async stepsIn(
    kinds: readonly StepState["kind"][],
    limit: number,
  ): Promise<StepFields[]> {
    await this.#flushSteps();
    const found = await Promise.all(
      kinds.map((kind) =>
        this.ctx.db
          .query("stepExecutions")
          .withIndex("by_runId_and_state", (q) =>
            q.eq("runId", this.run._id).eq("state.kind", kind),
          )
          .take(limit),
      ),
    );
    return found.flat().map((row) => this.#remember(row).fields);
  }

  /** Those of them that are inside a container. */
  async stepsInside(
    container: string,
    kinds: readonly StepState["kind"][],
    limit: number,
  ): Promise<StepFields[]> {
    await this.#flushSteps();
    const found = await Promise.all(
      kinds.flatMap((kind) =>
        rangesInside(container).map(([from, to]) =>
          this.ctx.db
            .query("stepExecutions")
            .withIndex("by_runId_and_state", (q) =>
              q
                .eq("runId", this.run._id)
                .eq("state.kind", kind)
                .gte("key", from)
                .lt("key", to),
            )
            .take(limit),
        ),
      ),
    );
    return found.flat().map((row) => this.#remember(row).fields);
  }

  /** Iterations of a loop in order, `to` left out. */
  async iterations(
    loopKey: string,
    { from, to }: { from: number; to: number },
  ): Promise<StepFields[]> {
    const known = this.#knownIterations(loopKey, { from, to });
    if (known !== null) return known;
    await this.#flushSteps();
    const rows = await this.ctx.db
      .query("stepExecutions")
      .withIndex("by_runId_and_scope_and_sequence", (q) =>
        q
          .eq("runId", this.run._id)
          .eq("scope", `${loopKey}[]`)
          .gte("sequence", from)
          .lt("sequence", to),
      )
      .collect();
    return rows.map((row) => this.#remember(row).fields);
  }

  /** When the turn has seen all of them. */
  #knownIterations(
    loopKey: string,
    { from, to }: { from: number; to: number },
  ): StepFields[] | null {
    const known: StepFields[] = [];
    for (let index = from; index < to; index++) {
      const cached = this.#steps.get(iterationKey(loopKey, index));
      if (cached === undefined) return null;
      known.push(cached.fields);
    }
    return known;
  }

  async flush(): Promise<void> {
    await this.#flushSteps();
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
    this.#steps.set(key, { id: null, dirty: true, fields: added });
    const { kind, startedAt, endedAt } = added;
    this.log.add({
      type: "began",
      kind,
      ...stepChange(added),
      ...(startedAt === this.now ? {} : { startedAt }),
      ...(endedAt === null ? {} : { endedAt }),
    });
  }

  async #known(key: string): Promise<Cached> {
    const cached = await this.#load(key);
    if (cached === null)
      throw new Error(`Run ${this.run._id} has no step execution ${key}`);
    return cached;
  }

  async #load(key: string): Promise<Cached | null> {
    const cached = this.#steps.get(key);
    if (cached !== undefined) return cached;
    const row = await this.ctx.db
      .query("stepExecutions")
      .withIndex("by_runId_and_key", (q) =>
        q.eq("runId", this.run._id).eq("key", key),
      )
      .unique();
    return row === null ? null : this.#remember(row);
  }

  #remember(row: Doc<"stepExecutions">): Cached {
    const known = this.#steps.get(row.key);
    if (known !== undefined) return known;
    const { _id, _creationTime, ...fields } = wholeStep(row);
    const cached = { id: _id, fields, dirty: false };
    this.#steps.set(row.key, cached);
    return cached;
  }

  async #flushSteps(): Promise<void> {
    for (const cached of this.#steps.values())
      if (cached.dirty) await this.#write(cached);
  }

  async #write(cached: Cached): Promise<Id<"stepExecutions">> {
    cached.dirty = false;
    const row = storedStep(cached.fields);
    if (cached.id !== null) {
      await this.ctx.db.replace("stepExecutions", cached.id, row);
      return cached.id;
    }
    cached.id = await this.ctx.db.insert("stepExecutions", row);
    return cached.id;
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
