/** Rules that a schema must keep before it is applied (protocol sections 4.3 and 5.6). */
import { parseValidator, type ValidatorJson } from "../values/validator-json";
import { BackendError } from "./backend-error";
import { SYSTEM_TABLES } from "./system-tables";
import type { SearchIndexInfo } from "./search/search-entry";
import type { SchemaJson, SearchIndexJson } from "./types";

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const MAX_INDEXES = 64;
const MAX_INDEX_FIELDS = 16;
const MAX_FILTER_FIELDS = 16;
const RESERVED_INDEXES = new Set(["by_id", "by_creation_time"]);

type TableSchema = SchemaJson["tables"][number];
type IndexSchema = { indexDescriptor: string; fields: string[] };

/** Throws the error of the first rule that `schema` breaks. */
export function checkSchemaRules(schema: SchemaJson): void {
  const seen = new Set<string>();
  for (const table of schema.tables) {
    checkTableName(table.tableName);
    if (seen.has(table.tableName))
      throw invalid(
        "DuplicateTable",
        `Table "${table.tableName}" is defined twice.`,
      );
    seen.add(table.tableName);
    refuseVectorIndexes(table);
    checkIndexes(table);
  }
}

/** For tables that users create or write. */
export function checkTableName(name: string): void {
  if (Object.hasOwn(SYSTEM_TABLES, name))
    throw invalid("ReadOnlyTable", `${name} is a read-only table`);
  if (IDENTIFIER.test(name) && !name.startsWith("_")) return;
  const rule =
    "Table names must be identifiers of at most 64 letters, digits and underscores that start with a letter.";
  throw invalid("InvalidTableName", `Invalid table name "${name}". ${rule}`);
}

/** Declared indexes with whether they are staged. */
export function declaredIndexes(
  table: TableSchema,
): { name: string; fields: string[]; staged: boolean }[] {
  return [
    ...table.indexes.map((index) => toDeclared(index, false)),
    ...(table.stagedDbIndexes ?? []).map((index) => toDeclared(index, true)),
  ];
}

function toDeclared(index: IndexSchema, staged: boolean) {
  return { name: index.indexDescriptor, fields: index.fields, staged };
}

/** Declared search indexes with whether they are staged. A filter field counts once. */
export function declaredSearchIndexes(
  table: TableSchema,
): Omit<SearchIndexInfo, "storageId" | "key">[] {
  const declared = (staged: boolean) => (index: SearchIndexJson) => ({
    name: index.indexDescriptor,
    searchField: index.searchField,
    filterFields: [...new Set(index.filterFields)],
    staged,
  });
  return [
    ...(table.searchIndexes ?? []).map(declared(false)),
    ...(table.stagedSearchIndexes ?? []).map(declared(true)),
  ];
}

function refuseVectorIndexes(table: TableSchema): void {
  const [index] = [
    ...(table.vectorIndexes ?? []),
    ...(table.stagedVectorIndexes ?? []),
  ];
  if (index === undefined) return;
  const text = `In table "${table.tableName}" the vector index "${index.indexDescriptor}" cannot be created: this backend does not support vector indexes.`;
  throw invalid("UnsupportedIndex", text);
}

function checkIndexes(table: TableSchema): void {
  const indexes = declaredIndexes(table);
  const searchIndexes = declaredSearchIndexes(table);
  const count = indexes.length + searchIndexes.length;
  if (count > MAX_INDEXES) {
    throw invalid(
      "TooManyIndexes",
      `Table "${table.tableName}" has ${count} indexes (limit: ${MAX_INDEXES}).`,
    );
  }
  const names = new Set<string>();
  const fieldLists = new Map<string, string>();
  const searches = new Map<string, string>();
  for (const { name, fields } of indexes) {
    refuse(table, name, nameProblem(name, names));
    refuse(table, name, fieldsProblem(table, fields));
    refuseSameFields(table, { name, fields }, fieldLists);
  }
  for (const { name, searchField, filterFields } of searchIndexes) {
    const fields = [searchField, ...filterFields];
    refuse(table, name, nameProblem(name, names));
    refuse(table, name, searchProblem(table, fields));
    refuseSameSearch(table, { name, fields }, searches);
  }
}

function refuse(
  table: TableSchema,
  index: string,
  problem: Problem | null,
): void {
  if (problem === null) return;
  const text = `In table "${table.tableName}" the index "${index}" is invalid because ${problem.text}.`;
  throw invalid(problem.code, text);
}

type Problem = { code: string; text: string };

function nameProblem(name: string, names: Set<string>): Problem | null {
  if (RESERVED_INDEXES.has(name) || name.startsWith("_"))
    return { code: "IndexNameReserved", text: "its name is reserved" };
  if (!IDENTIFIER.test(name))
    return { code: "InvalidIndexName", text: "its name is not an identifier" };
  if (names.has(name))
    return {
      code: "IndexNamesNotUnique",
      text: "another index has the same name",
    };
  names.add(name);
  return null;
}

function fieldsProblem(table: TableSchema, fields: string[]): Problem | null {
  if (fields.length === 0)
    return { code: "EmptyIndex", text: "it has no fields" };
  if (fields.length > MAX_INDEX_FIELDS) {
    return {
      code: "IndexTooManyFields",
      text: `it has ${fields.length} fields (limit: ${MAX_INDEX_FIELDS})`,
    };
  }
  if (fields.includes("_creationTime")) {
    const text =
      "_creationTime is automatically added to the end of each index and may not be listed";
    return { code: "IndexFieldsContainCreationTime", text };
  }
  if (fields.includes("_id"))
    return { code: "IndexFieldsContainId", text: "_id may not be indexed" };
  if (new Set(fields).size < fields.length)
    return { code: "IndexFieldsNotUnique", text: "a field is listed twice" };
  return missingFieldProblem(table, fields);
}

/** `fields` are the search field and then the filter fields. */
function searchProblem(table: TableSchema, fields: string[]): Problem | null {
  if (fields.length > MAX_FILTER_FIELDS + 1) {
    return {
      code: "IndexTooManyFilterFields",
      text: `it has ${fields.length - 1} filter fields (limit: ${MAX_FILTER_FIELDS})`,
    };
  }
  const wrong = fields.find(
    (field) => !field.split(".").every((name) => IDENTIFIER.test(name)),
  );
  if (wrong !== undefined) {
    const text = `"${wrong}" is not a path of identifiers`;
    return { code: "InvalidIndexField", text };
  }
  const own = fields.filter((field) => !field.startsWith("_"));
  return missingFieldProblem(table, own);
}

function missingFieldProblem(
  table: TableSchema,
  fields: string[],
): Problem | null {
  const validator = parseValidator(table.documentType);
  const missing = fields.find(
    (field) => !mayHaveField(validator, field.split(".")),
  );
  if (missing === undefined) return null;
  return {
    code: "IndexFieldNotFound",
    text: `it references the field ${missing} that does not exist`,
  };
}

function refuseSameFields(
  table: TableSchema,
  index: IndexSchemaFields,
  seen: Map<string, string>,
): void {
  const other = sameFields(index, seen);
  if (other === undefined) return;
  const text = `In table "${table.tableName}" the indexes "${other}" and "${index.name}" have the same fields.`;
  throw invalid("IndexNotUnique", text);
}

function refuseSameSearch(
  table: TableSchema,
  index: IndexSchemaFields,
  seen: Map<string, string>,
): void {
  const other = sameFields(index, seen);
  if (other === undefined) return;
  const text = `In table "${table.tableName}" the search indexes "${other}" and "${index.name}" have the same \`searchField\` and \`filterFields\`.`;
  throw invalid("SearchIndexFieldNotUnique", text);
}

/** The name of an earlier index with the same fields. */
function sameFields(
  index: IndexSchemaFields,
  seen: Map<string, string>,
): string | undefined {
  const key = JSON.stringify(index.fields);
  const other = seen.get(key);
  seen.set(key, index.name);
  return other;
}

type IndexSchemaFields = { name: string; fields: string[] };

function mayHaveField(validator: ValidatorJson, path: string[]): boolean {
  const [name, ...rest] = path;
  if (name === undefined || validator.type === "any") return true;
  if (validator.type === "union")
    return validator.value.some((member) => mayHaveField(member, path));
  if (validator.type === "record")
    return mayHaveField(validator.values.fieldType, rest);
  const field = validator.type === "object" ? validator.value[name] : undefined;
  return field !== undefined && mayHaveField(field.fieldType, rest);
}

function invalid(code: string, message: string): BackendError {
  return new BackendError(code, message);
}
