/**
 * Many iterations of a loop in one row of `stepExecutions` (pure). A packed row stands for consecutive iterations, each
 * with all the steps in it, that began and completed in one turn and left nothing but their values. Its own key, label
 * and sequence are those of the first. Whoever reads rows that may be packed opens them with `stepsOf`.
 */
import type { WithoutSystemFields } from "convex/server";
import type { Doc } from "../_generated/dataModel";
import { iterationKey, parentKeyOf, scopeOf } from "../executor/flow/keys";
import {
  type Definition,
  type Packed,
  type PackedIteration,
  type PackedStep,
  PackedValues,
} from "./packedText";
import {
  type StepFields,
  storedStep,
  type WholeStep,
  wholeStep,
} from "./stepFields";

type Row = Doc<"stepExecutions">;
type Stored = WithoutSystemFields<Row>;

/** Items and results of loops are kept in chunks of so many. No pack reaches over the end of one. */
export const CHUNK = 100;
const MAX_ITERATIONS = 64;
/** A pack that is larger takes no further iteration. */
const MAX_CHARS = 32 * 1024;

/** An iteration, and behind it what is in it. */
export type WholeIteration<Step extends StepFields = StepFields> = readonly [
  iteration: Step,
  ...inside: Step[],
];

/** What a step of a packed row has in common with all others. */
const USUAL = {
  state: { kind: "completed" },
  attempt: 1,
  maxAttempts: 1,
  interrupted: 0,
  error: null,
} as const satisfies Partial<StepFields>;

/** Whether the row of a pack can say all about the step. */
export function fitsPack(step: StepFields): boolean {
  return (
    step.state.kind === "completed" &&
    step.endedAt === step.createdAt &&
    step.startedAt === step.createdAt &&
    step.attempt === USUAL.attempt &&
    step.maxAttempts === USUAL.maxAttempts &&
    step.interrupted === USUAL.interrupted &&
    step.error === USUAL.error &&
    step.pinned === undefined &&
    step.childRun === undefined
  );
}

/** As few rows as hold them. Each of the steps fits a pack. */
export function packIterations(
  iterations: readonly WholeIteration[],
): Stored[] {
  const packs: Pack[] = [];
  for (const whole of [...iterations].sort(inOrder)) {
    const last = packs.at(-1);
    if (last?.isFollowedBy(whole[0]) === true) last.add(whole);
    else packs.push(new Pack(whole));
  }
  return packs.map((pack) => pack.row());
}

function inOrder([a]: WholeIteration, [b]: WholeIteration): number {
  if (a.scope !== b.scope) return a.scope < b.scope ? -1 : 1;
  return a.sequence - b.sequence;
}

class Pack {
  readonly #first: StepFields;
  readonly #definitions: Definition[] = [];
  readonly #known = new Map<string, number>();
  readonly #iterations: string[] = [];
  #chars = 0;

  constructor(whole: WholeIteration) {
    this.#first = whole[0];
    this.add(whole);
  }

  isFollowedBy(next: StepFields): boolean {
    const { scope, sequence, createdAt, reusedFrom } = this.#first;
    return (
      next.scope === scope &&
      next.sequence === sequence + this.#iterations.length &&
      next.sequence % CHUNK !== 0 &&
      this.#iterations.length < MAX_ITERATIONS &&
      this.#chars < MAX_CHARS &&
      next.createdAt === createdAt &&
      next.reusedFrom?.runId === reusedFrom?.runId
    );
  }

  add([iteration, ...inside]: WholeIteration): void {
    const { key, label, sequence, input, output } = iteration;
    const values = new PackedValues();
    const packed: PackedIteration = [
      label === usualLabel(sequence) ? 0 : label,
      values.pack(input),
      inside.map((step) => this.#step(step, { key, values })),
      values.pack(output),
    ];
    const text = JSON.stringify(packed);
    this.#iterations.push(text);
    this.#chars += text.length;
  }

  #step(
    step: StepFields,
    { key, values }: { key: string; values: PackedValues },
  ): PackedStep {
    const packed: PackedStep = [
      this.#definitionOf(step, step.key.slice(key.length)),
      values.pack(step.input),
      values.pack(step.output),
    ];
    if (step.branch !== null || step.loop !== null)
      packed.push(step.branch ?? 0);
    if (step.loop !== null) packed.push(step.loop);
    return packed;
  }

  #definitionOf({ kind, label, sequence }: StepFields, inside: string): number {
    const known = this.#known.get(inside);
    const last = known === undefined ? undefined : this.#definitions[known];
    if (known !== undefined && last?.[2] === label) return known;
    this.#known.set(inside, this.#definitions.length);
    this.#chars += inside.length + label.length;
    return this.#definitions.push([inside, kind, label, sequence]) - 1;
  }

  row(): Stored {
    const { sequence } = this.#first;
    const parts = [JSON.stringify(this.#definitions), ...this.#iterations];
    const row = storedStep({
      ...this.#first,
      endedAt: null,
      input: null,
      output: null,
    });
    const to = sequence + this.#iterations.length;
    return { ...row, packed: { to, steps: `[${parts.join(",")}]` } };
  }
}

function usualLabel(sequence: number): string {
  return `#${sequence + 1}`;
}

/** The step executions of a row: its own, or those packed in it, each iteration followed by what is in it. They share its id. */
export function stepsOf(row: Row): WholeStep[] {
  return row.packed === undefined
    ? [wholeStep(row)]
    : openRow(row, row.packed.steps);
}

function openRow(row: Row, text: string): WholeStep[] {
  const [definitions, ...iterations] = JSON.parse(text) as Packed;
  const loopKey = parentKeyOf(row.key) ?? "";
  return iterations.flatMap((packed, position) => {
    const sequence = row.sequence + position;
    const key = iterationKey(loopKey, sequence);
    return openIteration(row, packed, { definitions, key, sequence });
  });
}

function openIteration(
  row: Row,
  [packedLabel, packedInput, steps, packedOutput]: PackedIteration,
  at: { definitions: Definition[]; key: string; sequence: number },
): WholeStep[] {
  const { key, sequence } = at;
  const values = new PackedValues();
  const label = packedLabel === 0 ? usualLabel(sequence) : packedLabel;
  const input = values.open(packedInput);
  const inside = steps.map((step) => openStep(row, step, { ...at, values }));
  const iteration = opened(row, {
    ...{ key, kind: "iteration", label, sequence, branch: null, loop: null },
    input,
    output: values.open(packedOutput),
  });
  return [iteration, ...inside];
}

function openStep(
  row: Row,
  [definition, input, output, branch, loop]: PackedStep,
  at: { definitions: Definition[]; key: string; values: PackedValues },
): WholeStep {
  const known = at.definitions[definition];
  if (known === undefined) throw new Error(`${row._id} is no packed row`);
  const [inside, kind, label, sequence] = known;
  return opened(row, {
    ...{ key: at.key + inside, kind, label, sequence },
    input: at.values.open(input),
    output: at.values.open(output),
    branch: branch === undefined || branch === 0 ? null : branch,
    loop: loop ?? null,
  });
}

function opened(
  { _id, _creationTime, runId, createdAt, reusedFrom }: Row,
  own: Pick<
    StepFields,
    | "branch"
    | "input"
    | "key"
    | "kind"
    | "label"
    | "loop"
    | "output"
    | "sequence"
  >,
): WholeStep {
  return {
    ...{ _id, _creationTime, runId, createdAt },
    ...{ startedAt: createdAt, endedAt: createdAt },
    ...{ parentKey: parentKeyOf(own.key), scope: scopeOf(own.key) },
    ...USUAL,
    ...own,
    ...(reusedFrom === undefined ? {} : { reusedFrom }),
  };
}

/** The steps of a packed row, or a part of them that begins with an iteration, by iteration. */
export function byIteration(
  steps: readonly WholeStep[],
): WholeIteration<WholeStep>[] {
  const found: [WholeStep, ...WholeStep[]][] = [];
  for (const step of steps) {
    const last = found.at(-1);
    if (last === undefined || step.scope === last[0].scope) found.push([step]);
    else last.push(step);
  }
  return found;
}
