/**
 * Opens rows of `stepExecutions` that hold many steps (pure): consecutive iterations of a loop, each with all the steps in
 * it, that began and completed in one turn; or, with the key `ROOTS`, all steps in no loop of a run that was over in the
 * turn that began it. A packed row says nothing but their values. Its own key, label and sequence are those of the first
 * iteration. `stepPacks.ts` writes them; whoever reads rows that may be packed opens them with `stepsOf`.
 */
import type { Doc } from "../_generated/dataModel";
import { iterationKey, parentKeyOf, scopeOf } from "../executor/flow/keys";
import {
  type Definition,
  type Packed,
  type PackedIteration,
  type PackedStep,
  PackedValues,
  USUAL,
  usualLabel,
} from "./packedText";
import { type StepFields, type WholeStep, wholeStep } from "./stepFields";

type Row = Doc<"stepExecutions">;

/** The key of the row that has all steps in no loop, as if they were an iteration of the run. */
export const ROOTS = "";

/** An iteration, and behind it what is in it. */
export type WholeIteration<Step extends StepFields = StepFields> = readonly [
  iteration: Step,
  ...inside: Step[],
];

/** The step executions of a row: its own, or those packed in it, each iteration followed by what is in it. They share its id. */
export function stepsOf(row: Row): WholeStep[] {
  return row.packed === undefined
    ? [wholeStep(row)]
    : openRow(row, row.packed.steps);
}

function openRow(row: Row, text: string): WholeStep[] {
  const [definitions, ...iterations] = JSON.parse(text) as Packed;
  if (row.key === ROOTS) return openRoots(row, definitions, iterations);
  const loopKey = parentKeyOf(row.key) ?? "";
  return iterations.flatMap((packed, position) => {
    const sequence = row.sequence + position;
    const key = iterationKey(loopKey, sequence);
    return openIteration(row, packed, { definitions, key, sequence });
  });
}

function openRoots(
  row: Row,
  definitions: Definition[],
  iterations: PackedIteration[],
): WholeStep[] {
  const at = { definitions, key: ROOTS, sequence: 0 };
  return iterations.flatMap((packed) => {
    const [, ...steps] = openIteration(row, packed, at);
    return steps;
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
