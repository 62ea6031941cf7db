import { Readable } from "node:stream";
import { convexToJson } from "convex/values";
import { parse } from "csv-parse";
import { BackendError } from "../../database/backend-error";
import type { DocumentJson } from "../../database/types";

const AT_ONCE = 200;
const FIELD_NAME = /^[\x20-\x7e]{1,1024}$/;
const NUMBER =
  /^[+-]?(\d+\.?\d*(e[+-]?\d+)?|\.\d+(e[+-]?\d+)?|inf|infinity|nan)$/i;

/** The first row names the fields. Cells that are numbers become numbers, everything else stays text. */
export async function* csvRows(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<DocumentJson[]> {
  let fields: string[] | null = null;
  let batch: DocumentJson[] = [];
  for await (const cells of records(bytes)) {
    if (fields === null) {
      fields = fieldNames(cells);
      continue;
    }
    batch.push(toDocument(fields, cells));
    if (batch.length < AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (fields === null)
    throw new BackendError("CsvMissingHeaders", "CSV file must have headers");
  yield batch;
}

async function* records(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<string[]> {
  const parser = parse({
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: 32 * 1024 * 1024,
  });
  const source = Readable.from(bytes);
  source.once("error", (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    for await (const record of parser) yield record as string[];
  } catch (error) {
    if (error instanceof BackendError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new BackendError("CsvInvalid", `Invalid CSV: ${reason}`);
  }
}

function fieldNames(cells: readonly string[]): string[] {
  const names = cells.map((cell) => cell.trim());
  const wrong = names.find(
    (name) => !FIELD_NAME.test(name) || name.startsWith("$"),
  );
  if (wrong !== undefined)
    throw new BackendError(
      "InvalidName",
      `"${wrong}" cannot be the name of a field`,
    );
  return names;
}

function toDocument(
  fields: readonly string[],
  cells: readonly string[],
): DocumentJson {
  if (cells.length !== fields.length)
    throw new BackendError(
      "CsvRowMissingFields",
      `A CSV row has ${cells.length} fields where the header has ${fields.length}`,
    );
  return Object.fromEntries(
    fields.map((field, at) => [field, cellValue(cells[at] ?? "")]),
  );
}

function cellValue(cell: string): DocumentJson[string] {
  if (!NUMBER.test(cell)) return cell;
  return convexToJson(toNumber(cell.toLowerCase()));
}

function toNumber(text: string): number {
  const magnitude = text.replace(/^[+-]/, "");
  const sign = text.startsWith("-") ? -1 : 1;
  if (magnitude.startsWith("inf")) return sign * Infinity;
  return magnitude === "nan" ? NaN : sign * Number(magnitude);
}
