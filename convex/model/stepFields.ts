/**
 * The fields of a step execution. A row leaves out what most steps have; rows from before that have every field. Whoever
 * looks at a field that may be left out reads the row through `wholeStep`.
 */
import type { WithoutSystemFields } from "convex/server";
import type { Doc } from "../_generated/dataModel";

type Row = Doc<"stepExecutions">;

const USUAL = {
  attempt: 1,
  branch: null,
  endedAt: null,
  error: null,
  input: null,
  interrupted: 0,
  loop: null,
  maxAttempts: 1,
  output: null,
  parentKey: null,
  source: null,
} as const satisfies Partial<Row>;
/** A step that begins at once has started when it was created. */
type LeftOut = keyof typeof USUAL | "startedAt";

export type StepFields = Omit<WithoutSystemFields<Row>, LeftOut> & {
  [Name in LeftOut]-?: Exclude<Row[Name], undefined>;
};
export type WholeStep = StepFields & Pick<Row, "_id" | "_creationTime">;

export function wholeStep(row: Row): WholeStep {
  return { ...USUAL, startedAt: row.createdAt, ...row };
}

/** In the order in which documents are sent, which then need not be sorted. */
const STORED = [
  "attempt",
  "branch",
  "childRun",
  "createdAt",
  "endedAt",
  "error",
  "input",
  "interrupted",
  "key",
  "kind",
  "label",
  "loop",
  "maxAttempts",
  "output",
  "parentKey",
  "pinned",
  "reusedFrom",
  "runId",
  "scope",
  "sequence",
  "source",
  "startedAt",
  "state",
] as const satisfies readonly (keyof StepFields)[];

/** The row of a step. */
export function storedStep(fields: StepFields): WithoutSystemFields<Row> {
  const usual: Partial<StepFields> = USUAL;
  const row: Partial<Record<keyof StepFields, unknown>> = {};
  for (const name of STORED) {
    const isUsual =
      name === "startedAt"
        ? fields.startedAt === fields.createdAt
        : fields[name] === usual[name];
    if (!isUsual) row[name] = fields[name];
  }
  // Every field that the row must have is stored: it has no usual value.
  return row as WithoutSystemFields<Row>;
}
