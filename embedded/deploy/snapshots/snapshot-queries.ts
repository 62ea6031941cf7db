/** What the command line watches while a snapshot is exported or imported. */
import type { JSONValue } from "convex/values";
import { z } from "zod";
import type { DocumentJson, Transaction } from "../../database/types";
import { rows } from "../deployment-store";
import { parseBody } from "../parse-body";

const vImportId = z.object({ importId: z.string() });

export function latestExport(tx: Transaction): DocumentJson | null {
  return rows(tx, "_exports").at(-1) ?? null;
}

export function importRow(
  tx: Transaction,
  args: JSONValue,
): DocumentJson | null {
  const { importId } = parseBody(vImportId, args);
  return tx.system.get("", "_snapshot_imports", importId);
}

export function importRows(tx: Transaction): DocumentJson[] {
  return rows(tx, "_snapshot_imports");
}
