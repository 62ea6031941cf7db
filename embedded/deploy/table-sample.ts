import type {
  ComponentPath,
  DocumentJson,
  Transaction,
} from "../database/types";

/** The newest documents of a table. */
export function sampleOf(
  tx: Transaction,
  from: { component: ComponentPath; table: string; size: number },
): DocumentJson[] {
  const { component, table, size } = from;
  const source = { type: "FullTableScan", tableName: table, order: "desc" };
  const query = { source, operators: [{ limit: size }] };
  const stream = tx.system.query(component, query);
  const found: DocumentJson[] = [];
  for (let row = stream.next(); row !== null; row = stream.next())
    found.push(row);
  return found;
}
