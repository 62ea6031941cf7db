/**
 * The steps that one turn has to do with: rows of one run are read by key when they are needed, changed in memory and
 * written once, those that are over when they are first written many to a row (`packable.ts`).
 */
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx } from "../../functions";
import { stepsOf } from "../../model/packedRows";
import { type StepFields, storedStep, wholeStep } from "../../model/stepFields";
import { packIterations, packRoots } from "../../model/stepPacks";
import { rowWith } from "../../model/stepReads";
import type { StepState } from "../../validators/steps";
import { iterationKey, rangesInside } from "./keys";
import { iterationsToPack, rootsToPack } from "./packable";

export type TurnStep = {
  /** Null: it is new, or packed. */
  id: Id<"stepExecutions"> | null;
  isPacked: boolean;
  isDirty: boolean;
  fields: StepFields;
};
type Row = Doc<"stepExecutions">;

export class TurnSteps {
  readonly #ctx: MutationCtx;
  readonly #runId: Id<"workflowRuns">;
  /** Has more than its row: lines of a log point at that. */
  readonly #needsRow: (key: string) => boolean;
  readonly #steps = new Map<string, TurnStep>();

  constructor(
    ctx: MutationCtx,
    runId: Id<"workflowRuns">,
    needsRow: (key: string) => boolean,
  ) {
    this.#ctx = ctx;
    this.#runId = runId;
    this.#needsRow = needsRow;
  }

  seen(key: string): TurnStep | undefined {
    return this.#steps.get(key);
  }

  async find(key: string): Promise<TurnStep | null> {
    return this.#steps.get(key) ?? (await this.#load(key));
  }

  async byId(id: Id<"stepExecutions">): Promise<StepFields | null> {
    const row = await this.#ctx.db.get("stepExecutions", id);
    return row === null ? null : this.#remember(row).fields;
  }

  async known(key: string): Promise<TurnStep> {
    const step = await this.find(key);
    if (step === null)
      throw new Error(`Run ${this.#runId} has no step execution ${key}`);
    return step;
  }

  add(fields: StepFields): void {
    this.#steps.set(fields.key, {
      id: null,
      isPacked: false,
      isDirty: true,
      fields,
    });
  }

  /** Writes the row now if it is new. */
  async idOf(key: string): Promise<Id<"stepExecutions">> {
    const step = await this.known(key);
    return step.id ?? (await this.#write(step));
  }

  /** Of this turn and of the database, at most `limit` of the database's in each state. */
  async inStates(
    kinds: readonly StepState["kind"][],
    limit: number,
  ): Promise<StepFields[]> {
    await this.flush();
    const found = await Promise.all(
      kinds.map((kind) =>
        this.#ctx.db
          .query("stepExecutions")
          .withIndex("by_runId_and_state", (q) =>
            q.eq("runId", this.#runId).eq("state.kind", kind),
          )
          .take(limit),
      ),
    );
    return found.flat().map((row) => this.#remember(row).fields);
  }

  /** Those of them that are inside a container. */
  async inside(
    container: string,
    kinds: readonly StepState["kind"][],
    limit: number,
  ): Promise<StepFields[]> {
    await this.flush();
    const found = await Promise.all(
      kinds.flatMap((kind) =>
        rangesInside(container).map(([from, to]) =>
          this.#ctx.db
            .query("stepExecutions")
            .withIndex("by_runId_and_state", (q) =>
              q
                .eq("runId", this.#runId)
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

  /** Iterations of a loop in order, from the beginning of a chunk and `to` left out. */
  async iterations(
    loopKey: string,
    { from, to }: { from: number; to: number },
  ): Promise<StepFields[]> {
    const known = this.#knownIterations(loopKey, { from, to });
    if (known !== null) return known;
    await this.flush();
    const scope = `${loopKey}[]`;
    const rows = await this.#ctx.db
      .query("stepExecutions")
      .withIndex("by_runId_and_scope_and_sequence", (q) =>
        q
          .eq("runId", this.#runId)
          .eq("scope", scope)
          .gte("sequence", from)
          .lt("sequence", to),
      )
      .collect();
    return rows
      .flatMap((row) => this.#rememberAll(row))
      .map(({ fields }) => fields)
      .filter((fields) => fields.scope === scope);
  }

  /** When the turn has seen all of them. */
  #knownIterations(
    loopKey: string,
    { from, to }: { from: number; to: number },
  ): StepFields[] | null {
    const known: StepFields[] = [];
    for (let index = from; index < to; index++) {
      const step = this.#steps.get(iterationKey(loopKey, index));
      if (step === undefined) return null;
      known.push(step.fields);
    }
    return known;
  }

  /** `isWholeRun`: the run began in this transaction and is over, so these are all its steps. */
  async flush(isWholeRun = false): Promise<void> {
    if (isWholeRun) await this.#packRoots();
    await this.#pack();
    for (const step of this.#steps.values())
      if (step.isDirty) await this.#write(step);
  }

  async #pack(): Promise<void> {
    const whole = iterationsToPack(this.#steps, this.#needsRow);
    if (whole.length === 0) return;
    const rows = packIterations(
      whole.map(([{ fields }, ...inside]) => [
        fields,
        ...inside.map((step) => step.fields),
      ]),
    );
    for (const row of rows) await this.#ctx.db.insert("stepExecutions", row);
    for (const step of whole.flat()) becomePacked(step);
  }

  async #packRoots(): Promise<void> {
    const roots = rootsToPack(this.#steps, this.#needsRow);
    if (roots === null) return;
    const [{ fields }, ...others] = roots;
    const row = packRoots([fields, ...others.map((step) => step.fields)]);
    await this.#ctx.db.insert("stepExecutions", row);
    for (const step of roots) becomePacked(step);
  }

  async #write(step: TurnStep): Promise<Id<"stepExecutions">> {
    if (step.isPacked)
      throw new Error(`${step.fields.key} is packed and has no row`);
    step.isDirty = false;
    const row = storedStep(step.fields);
    if (step.id !== null) {
      await this.#ctx.db.replace("stepExecutions", step.id, row);
      return step.id;
    }
    step.id = await this.#ctx.db.insert("stepExecutions", row);
    return step.id;
  }

  async #load(key: string): Promise<TurnStep | null> {
    const row = await rowWith(this.#ctx.db, this.#runId, key, (iteration) =>
      this.#steps.has(iteration),
    );
    if (row !== null) this.#rememberAll(row);
    return this.#steps.get(key) ?? null;
  }

  #rememberAll(row: Row): TurnStep[] {
    if (row.packed === undefined) return [this.#remember(row)];
    return stepsOf(row).map(({ _id, _creationTime, ...fields }) =>
      this.#rememberAs(fields, { id: null, isPacked: true }),
    );
  }

  /** A row of its own. */
  #remember(row: Row): TurnStep {
    const { _id, _creationTime, ...fields } = wholeStep(row);
    return this.#rememberAs(fields, { id: _id, isPacked: false });
  }

  #rememberAs(
    fields: StepFields,
    how: Pick<TurnStep, "id" | "isPacked">,
  ): TurnStep {
    const known = this.#steps.get(fields.key);
    if (known !== undefined) return known;
    const step = { ...how, isDirty: false, fields };
    this.#steps.set(fields.key, step);
    return step;
  }
}

function becomePacked(step: TurnStep): void {
  step.isPacked = true;
  step.isDirty = false;
}
