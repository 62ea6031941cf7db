/**
 * Writes many steps into one row of `stepExecutions` (pure): which may be, `executor/flow/packable.ts` says; how they are
 * read again, `packedRows.ts`.
 */
import type { WithoutSystemFields } from "convex/server";
import type { Doc } from "../_generated/dataModel";
import { ROOTS, type WholeIteration } from "./packedRows";
import {
  type Definition,
  type PackedIteration,
  type PackedStep,
  PackedValues,
  USUAL,
  usualLabel,
} from "./packedText";
import { type StepFields, storedStep } from "./stepFields";

type Stored = WithoutSystemFields<Doc<"stepExecutions">>;

/** Items and results of loops are kept in chunks of so many. No pack reaches over the end of one. */
export const CHUNK = 100;
const MAX_ITERATIONS = 64;
/** A pack that is larger takes no further iteration. */
const MAX_CHARS = 32 * 1024;

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

/** One row for all steps in no loop of a run that is over, of which there is at least one. Each of them fits a pack. */
export function packRoots([first, ...others]: WholeIteration): Stored {
  const around: StepFields = {
    ...first,
    ...{ key: ROOTS, parentKey: null, kind: "iteration", loop: null },
    ...{ branch: null, sequence: 0, label: usualLabel(0) },
    ...{ input: null, output: null },
  };
  return new Pack([around, first, ...others]).row();
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
