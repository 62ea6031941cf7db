import type { JSONValue } from "convex/values";
import { z } from "zod";
import type { SchemaJson } from "../database/types";
import { parseBody } from "./parse-body";

const vJson = z.custom<JSONValue>((value) => value !== undefined);
const vIndex = z.looseObject({
  indexDescriptor: z.string(),
  fields: z.array(z.string()),
});
const vSearchIndex = z.looseObject({
  indexDescriptor: z.string(),
  searchField: z.string(),
  filterFields: z.array(z.string()),
});
const vVectorIndex = z.looseObject({
  indexDescriptor: z.string(),
  vectorField: z.string(),
  dimensions: z.number(),
  filterFields: z.array(z.string()),
});
const vTable = z.looseObject({
  tableName: z.string(),
  indexes: z.array(vIndex),
  stagedDbIndexes: z.array(vIndex).default([]),
  searchIndexes: z.array(vSearchIndex).default([]),
  stagedSearchIndexes: z.array(vSearchIndex).default([]),
  vectorIndexes: z.array(vVectorIndex).default([]),
  stagedVectorIndexes: z.array(vVectorIndex).default([]),
  documentType: vJson,
});
const vSchema = z.object({
  tables: z.array(vTable),
  schemaValidation: z.boolean(),
});

/** A schema as `schema.js` exports it, with the lists that may be absent filled in. */
export type Schema = z.infer<typeof vSchema>;

export function parseSchema(exported: JSONValue): Schema {
  const json: unknown =
    typeof exported === "string" ? JSON.parse(exported) : exported;
  return parseBody(vSchema, json);
}

/** The same value as the database stores it. */
export function schemaJson(schema: Schema): SchemaJson {
  return JSON.parse(JSON.stringify(schema)) as SchemaJson;
}
