/** A schema with its validators parsed, and the check of one document against it. */
import {
  compileDocument,
  type CheckedDocument,
} from "../values/checked-document";
import { checkedDocumentSize } from "../values/checked-size";
import { parseValidator, type ValidatorJson } from "../values/validator-json";
import { checkValue } from "../values/validator-check";
import type { TableNameOf } from "../values/validator-match";
import type { DocumentJson, SchemaJson } from "./types";

export type CompiledSchema = {
  readonly json: SchemaJson;
  /** Empty when the schema does not enforce types. */
  readonly validators: ReadonlyMap<string, ValidatorJson>;
  /** The same validators, compiled. */
  readonly documents: ReadonlyMap<string, CheckedDocument>;
};

export function compileSchema(json: SchemaJson): CompiledSchema {
  const enforced = json.schemaValidation ? json.tables : [];
  const validators = enforced.map(
    (table) => [table.tableName, parseValidator(table.documentType)] as const,
  );
  const documents = validators.map(
    ([table, validator]) => [table, compileDocument(validator)] as const,
  );
  return {
    json,
    validators: new Map(validators),
    documents: new Map(documents),
  };
}

/** The bytes of a document that breaks neither limits of its shape nor the schema; `ODD` of others, and of some that do not. */
export function checkedSizeIn(
  schema: CompiledSchema | null,
  table: string,
  document: DocumentJson,
  tableNameOf: TableNameOf,
): number {
  const check = schema?.documents.get(table) ?? checkedDocumentSize;
  return check(document, tableNameOf);
}

/** Equal texts let the same documents in; null lets in everything. */
export function validatorText(
  schema: SchemaJson | null,
  table: string,
): string | null {
  if (schema?.schemaValidation !== true) return null;
  const found = schema.tables.find(({ tableName }) => tableName === table);
  return found === undefined ? null : JSON.stringify(found.documentType);
}

/** The validation error of `document`, or null. System fields are not part of validators. */
export function schemaError(
  schema: CompiledSchema | null,
  table: string,
  document: DocumentJson,
  tableNameOf: TableNameOf,
): string | null {
  const validator = schema?.validators.get(table);
  if (validator === undefined || validator.type === "any") return null;
  const { _id, _creationTime, ...fields } = document;
  return checkValue(fields, validator, tableNameOf);
}
