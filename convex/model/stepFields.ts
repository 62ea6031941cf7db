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
} as const satisfies Partial<Row>;
/** A step that begins at once has started when it was created. */
type LeftOut = keyof typeof USUAL | "startedAt";

export type StepFields = Omit<
  WithoutSystemFields<Row>,
  LeftOut | "source" | "packed"
> & {
  [Name in LeftOut]-?: Exclude<Row[Name], undefined>;
};
export type WholeStep = StepFields & Pick<Row, "_id" | "_creationTime">;

/** `row` is not packed: `packedRows.ts` opens those that may be. */
export function wholeStep(row: Row): WholeStep {
  return { ...USUAL, startedAt: row.createdAt, ...row };
}

/**
 * The row of a step. Its fields are in the order in which documents are sent, which then need not be sorted, and written
 * out, because a loop over their names is ten times slower.
 */
export function storedStep(step: StepFields): WithoutSystemFields<Row> {
  const row: Partial<Row> = {};
  if (step.attempt !== USUAL.attempt) row.attempt = step.attempt;
  if (step.branch !== USUAL.branch) row.branch = step.branch;
  if (step.childRun !== undefined) row.childRun = step.childRun;
  row.createdAt = step.createdAt;
  if (step.endedAt !== USUAL.endedAt) row.endedAt = step.endedAt;
  if (step.error !== USUAL.error) row.error = step.error;
  if (step.input !== USUAL.input) row.input = step.input;
  if (step.interrupted !== USUAL.interrupted)
    row.interrupted = step.interrupted;
  row.key = step.key;
  row.kind = step.kind;
  row.label = step.label;
  if (step.loop !== USUAL.loop) row.loop = step.loop;
  if (step.maxAttempts !== USUAL.maxAttempts)
    row.maxAttempts = step.maxAttempts;
  if (step.output !== USUAL.output) row.output = step.output;
  if (step.parentKey !== USUAL.parentKey) row.parentKey = step.parentKey;
  if (step.pinned !== undefined) row.pinned = step.pinned;
  if (step.reusedFrom !== undefined) row.reusedFrom = step.reusedFrom;
  row.runId = step.runId;
  row.scope = step.scope;
  row.sequence = step.sequence;
  if (step.startedAt !== step.createdAt) row.startedAt = step.startedAt;
  row.state = step.state;
  // Every field that the row must have is among them: it has no usual value.
  return row as WithoutSystemFields<Row>;
}
