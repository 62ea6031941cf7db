import type { JSONValue } from "convex/values";
import type { Database } from "../database/types";
import { shapeOfDocuments } from "./document-shape";
import { sampleOf } from "./table-sample";

const SAMPLE = 100;

/** The shape of the newest documents of each of the app's tables. */
export function tableShapes(database: Database): {
  [table: string]: JSONValue;
} {
  return database.read((tx) => {
    const shapes = database
      .tables("")
      .map((table): [string, JSONValue] => [
        table,
        shapeOfDocuments(
          sampleOf(tx, { component: "", table, size: SAMPLE }),
          (number) => tx.tableName("", number),
        ),
      ]);
    return Object.fromEntries(shapes);
  }).value;
}
