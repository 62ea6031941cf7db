/**
 * Which steps are written many to a row (pure): iterations that began and completed before anything of them was written,
 * with all that is in them; and the steps in no loop of a run that is over in its first turn, when all of them can be. What
 * may still be asked for by the id of a row keeps a row of its own, and so does what is around it.
 */
import { fitsPack } from "../../model/stepPacks";
import type { StepFields } from "../../model/stepFields";
import { iterationsAround } from "./keys";

/** What happens in the turn alone: nobody outside can refer to it. */
const PURE = new Set<StepFields["kind"]>([
  "branch",
  "code",
  "condition",
  "iteration",
  "loop",
  "parallel",
  "switch",
]);
/** Of the values and keys of what shares a row; a larger one is as well off in rows. */
const MAX_CHARS = 64 * 1024;

type Step = { id: unknown; isDirty: boolean; fields: StepFields };
type Whole<S extends Step> = [first: S, ...others: S[]];

/** `steps` by key, containers before what is in them. */
export function iterationsToPack<S extends Step>(
  steps: ReadonlyMap<string, S>,
  needsRow: (key: string) => boolean,
): Whole<S>[] {
  const barred = barredIterations(steps, needsRow);
  const found = new Map<string, Whole<S>>();
  for (const step of steps.values()) {
    const { key, scope } = step.fields;
    if (!step.isDirty || scope === "") continue;
    const around = outermost(key, (one) => steps.has(one) && !barred.has(one));
    if (around === undefined) continue;
    const whole = found.get(around);
    if (whole === undefined) found.set(around, [step]);
    else whole.push(step);
  }
  return [...found.values()].filter(isSmall);
}

/** All steps in no loop, if none of them was written yet, or none. One alone has a row in any case. */
export function rootsToPack<S extends Step>(
  steps: ReadonlyMap<string, S>,
  needsRow: (key: string) => boolean,
): Whole<S> | null {
  const roots = [...steps.values()].filter(({ fields }) => fields.scope === "");
  const [first, second, ...others] = roots;
  if (first === undefined || second === undefined) return null;
  const whole: Whole<S> = [first, second, ...others];
  const isNew = (step: S) => step.isDirty && isFree(step, needsRow);
  return whole.every(isNew) && isSmall(whole) ? whole : null;
}

function isFree(
  { id, fields }: Step,
  needsRow: (key: string) => boolean,
): boolean {
  const { key, kind } = fields;
  return id === null && PURE.has(kind) && fitsPack(fields) && !needsRow(key);
}

/** Something in them cannot be packed, or is not known to this turn. */
function barredIterations(
  steps: ReadonlyMap<string, Step>,
  needsRow: (key: string) => boolean,
): Set<string> {
  const barred = new Set<string>();
  for (const step of steps.values()) {
    const { key, scope } = step.fields;
    if (scope === "" || isFree(step, needsRow)) continue;
    for (const one of iterationsAround(key)) barred.add(one);
  }
  return barred;
}

function outermost(
  key: string,
  isOpen: (iteration: string) => boolean,
): string | undefined {
  return iterationsAround(key).find(isOpen);
}

function isSmall(whole: Whole<Step>): boolean {
  let chars = 0;
  for (const { fields } of whole) {
    const { key, label, input, output } = fields;
    const values = (input?.preview.length ?? 0) + (output?.preview.length ?? 0);
    chars += key.length + label.length + values;
  }
  return chars <= MAX_CHARS;
}
