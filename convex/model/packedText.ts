/** The form of what is in a packed row (`packedRows.ts`): it says nothing that follows from the rest of it. */
import { type PayloadRef, smallPayload } from "./payloads";
import type { StepFields } from "./stepFields";

/** What a step of a packed row has in common with all others. */
export const USUAL = {
  state: { kind: "completed" },
  attempt: 1,
  maxAttempts: 1,
  interrupted: 0,
  error: null,
} as const satisfies Partial<StepFields>;

/** Of an iteration. */
export function usualLabel(sequence: number): string {
  return `#${sequence + 1}`;
}

/** Many steps are the same in each iteration: their key behind that of the iteration, kind, label and sequence. */
export type Definition = [
  inside: string,
  kind: StepFields["kind"],
  label: string,
  sequence: number,
];
/** 0: none; 1: the same as the one before; a text: a small one, which is its preview. */
type PackedValue = 0 | 1 | string | PayloadRef;
/** Trailing parts are left out when there is nothing to say. */
export type PackedStep = [
  definition: number,
  input: PackedValue,
  output: PackedValue,
  branch?: string | 0,
  loop?: NonNullable<StepFields["loop"]>,
];
/** `label` is 0 when it is the usual. */
export type PackedIteration = [
  label: string | 0,
  input: PackedValue,
  steps: PackedStep[],
  output: PackedValue,
];
export type Packed = [
  definitions: Definition[],
  ...iterations: PackedIteration[],
];

/** Values of one iteration, in order. */
export class PackedValues {
  #last: PayloadRef | null = null;

  pack(ref: PayloadRef | null): PackedValue {
    if (ref === null) return 0;
    const last = this.#last;
    if (ref === last) return 1;
    if (ref.id === last?.id && ref.preview === last.preview) return 1;
    this.#last = ref;
    return ref.id === null ? ref.preview : ref;
  }

  open(packed: PackedValue): PayloadRef | null {
    if (packed === 0) return null;
    if (packed !== 1)
      this.#last = typeof packed === "string" ? smallPayload(packed) : packed;
    return this.#last;
  }
}
