import type { Portion } from "./portion";

const BATCH = 20;

/**
 * Deletes the rows that `find` gives, and asks it again until there are none; false when that is more than the portion
 * may. `remove` says false when it could not delete all that hangs on its row, which then stays.
 */
export async function removeAll<Row extends object>(
  portion: Portion,
  find: (count: number) => Promise<Row[]>,
  remove: (row: Row) => Promise<boolean | void>,
): Promise<boolean> {
  for (;;) {
    if (portion.isSpent) return false;
    const rows = await find(BATCH);
    for (const row of rows) {
      if (portion.isSpent) return false;
      portion.take(row);
      if ((await remove(row)) === false) return false;
    }
    if (rows.length < BATCH) return true;
  }
}
