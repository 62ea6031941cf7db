/** Rows of `stepExecutions` as the steps that they stand for. */
import type { Doc, Id, TableNames } from "../../../convex/_generated/dataModel";
import { stepsOf } from "../../../convex/model/packedRows";

type Row = Doc<"stepExecutions">;

/** Packed steps get ids of their own, with which tests tell them apart. */
function storedSteps(rows: readonly Row[]): Row[] {
  return rows.flatMap((row) =>
    row.packed === undefined ? [row] : stepsOf(row).map(withOwnId),
  );
}

function withOwnId(step: Row): Row {
  const id = `${step._id} ${step.key}`;
  return { ...step, _id: id as Id<"stepExecutions"> };
}

/** The rows of a table; of that with the steps, what they stand for. */
export function opened<Table extends TableNames>(
  table: Table,
  rows: Doc<Table>[],
): Doc<Table>[] {
  if (table !== "stepExecutions") return rows;
  // The name of the table says what the rows are.
  return storedSteps(rows as unknown as Row[]) as unknown as Doc<Table>[];
}
