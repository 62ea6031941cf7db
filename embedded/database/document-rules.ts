/** Rules of documents that users write: system fields, limits, the schema. */
import type { JSONValue } from "convex/values";
import { asObject, isUndefined, typeOf } from "../values/encoded-value";
import { ODD } from "../values/checked-size";
import {
  documentLimitError,
  MAX_DOCUMENT_BYTES,
  sizeOf,
} from "../values/value-limits";
import type { TableNameOf } from "../values/validator-match";
import { formatValue } from "../values/value-text";
import { BackendError } from "./backend-error";
import {
  checkedSizeIn,
  schemaError,
  type CompiledSchema,
} from "./compiled-schema";
import type { DocumentJson } from "./types";

export type SystemFields = { _id: string; _creationTime: number };
export type CheckContext = {
  table: string;
  schema: CompiledSchema | null;
  tableNameOf: TableNameOf;
};

/** Takes `value` over. */
export function insertedDocument(
  value: DocumentJson,
  system: SystemFields,
): DocumentJson {
  requireObject(value);
  return withFields(
    withoutUndefined(keepingSystemFields(value, system)),
    system,
  );
}

export function patchedDocument(
  current: DocumentJson,
  patch: DocumentJson,
): DocumentJson {
  requireObject(patch);
  const merged = merge(current, keepingSystemFields(patch, current));
  return withFields(withoutUndefined(merged), systemFieldsOf(current));
}

/** Takes `value` over. */
export function replacedDocument(
  current: DocumentJson,
  value: DocumentJson,
): DocumentJson {
  requireObject(value);
  return withFields(
    withoutUndefined(keepingSystemFields(value, current)),
    systemFieldsOf(current),
  );
}

/** The bytes of `document`; throws when a limit or the schema forbids it. */
export function checkDocument(
  document: DocumentJson,
  context: CheckContext,
): number {
  const { schema, table, tableNameOf } = context;
  const size = checkedSizeIn(schema, table, document, tableNameOf);
  if (size !== ODD && size <= MAX_DOCUMENT_BYTES) return size;
  return explainedCheck(document, context);
}

/** Takes several walks, and knows why a document is refused. */
function explainedCheck(document: DocumentJson, context: CheckContext): number {
  const limit = documentLimitError(document);
  if (limit !== null)
    throw new BackendError(limit.code, limitText(document, limit));
  const error = schemaError(
    context.schema,
    context.table,
    document,
    context.tableNameOf,
  );
  if (error === null) return sizeOf(document);
  const text = `Failed to insert or update a document in table "${context.table}" because it does not match the schema: ${error}`;
  throw new BackendError("SchemaEnforcementError", text);
}

/** In place: the shape of parsed JSON is quick to extend, and to walk afterwards; that of two spread objects is not. */
function withFields(
  document: DocumentJson,
  { _id, _creationTime }: DocumentJson,
): DocumentJson {
  document["_id"] = _id ?? null;
  document["_creationTime"] = _creationTime ?? null;
  return document;
}

/** One spread keeps the shape of `current`, which most patches fit. */
function merge(current: DocumentJson, patch: DocumentJson): DocumentJson {
  if (Object.hasOwn(patch, "__proto__")) return { ...current, ...patch };
  const merged = { ...current };
  for (const name in patch) merged[name] = patch[name] ?? null;
  return merged;
}

function limitText(
  document: DocumentJson,
  { code, message }: { code: string; message: string },
): string {
  return code === "InvalidDocumentError"
    ? `Document(value: ${formatValue(document)}) isn't a valid document: ${message}`
    : message;
}

function systemFieldsOf(document: DocumentJson): DocumentJson {
  return {
    _id: document._id ?? null,
    _creationTime: document._creationTime ?? null,
  };
}

/** System fields may be repeated, not changed. */
function keepingSystemFields(
  value: DocumentJson,
  current: DocumentJson,
): DocumentJson {
  const { _id: id, _creationTime: time } = current;
  if (isOther(value["_id"], id)) {
    const text = `Provided document ID ${formatValue(id)} doesn't match '_id' field ${formatValue(value["_id"])}`;
    throw new BackendError("InvalidIdError", text);
  }
  if (isOther(value["_creationTime"], time)) {
    const text = `Provided creation time ${formatValue(time)} doesn't match '_creationTime' field in ${formatValue(value)}`;
    throw new BackendError("InvalidCreationTimeError", text);
  }
  return value;
}

function isOther(
  given: JSONValue | undefined,
  current: JSONValue | undefined,
): boolean {
  return given !== undefined && !isUndefined(given) && given !== current;
}

function withoutUndefined(value: DocumentJson): DocumentJson {
  for (const name in value)
    if (typeOf(value[name]) === "undefined") return definedFields(value);
  return value;
}

function definedFields(value: DocumentJson): DocumentJson {
  return Object.fromEntries(
    Object.entries(value).filter(([, item]) => typeOf(item) !== "undefined"),
  );
}

function requireObject(value: DocumentJson): void {
  if (asObject(value) === null)
    throw new BackendError(
      "InvalidArgument",
      "The document must be an object.",
    );
}
