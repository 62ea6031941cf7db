import type { DocumentStorage } from "../storage/document-storage";
import { IndexScan } from "./index-scan";
import { builtInIndex, type Row, type TableInfo } from "./table-info";

/** Every stored document of a table. */
export function* rowsOf(
  storage: DocumentStorage,
  table: TableInfo,
  order: "by_id" | "by_creation_time" = "by_id",
): Generator<Row> {
  const range = { start: new Uint8Array(), end: null };
  const indexId = builtInIndex(table, order).storageId;
  const scan = new IndexScan(
    { storage, overlayOf: () => undefined },
    { indexId, range, order: "asc" },
  );
  for (let found = scan.next(); found !== null; found = scan.next())
    yield found.row;
}
