/** What a push would do to schemas and indexes: advice for the command line before it starts. */
import type { JSONValue } from "convex/values";
import { validatorText } from "../database/compiled-schema";
import type { ComponentPath, Database, SchemaJson } from "../database/types";
import type { MountedComponent } from "./component-tree";
import { readComponents } from "./deployment-store";
import { indexChanges } from "./index-diff";
import { sampleOf } from "./table-sample";

const SAMPLE = 100;

export function evaluateSchemaChange(
  database: Database,
  mounted: readonly MountedComponent[],
): JSONValue {
  const known = database.read(readComponents).value;
  const definitions = new Set(
    known.map(({ definitionPath }) => definitionPath),
  );
  const evaluations = mounted.map((component) => [
    component.componentPath,
    componentEvaluation(database, component),
  ]);
  const fresh = mounted
    .map(({ definitionPath }) => definitionPath)
    .filter((path) => !definitions.has(path));
  return {
    componentSchemaEvaluations: Object.fromEntries(evaluations) as {
      [path: string]: JSONValue;
    },
    newComponentDefinitions: [...new Set(fresh)],
  };
}

function componentEvaluation(
  database: Database,
  { componentPath, definitionPath, evaluated }: MountedComponent,
): JSONValue {
  const { schema } = evaluated;
  const active = database.schemaOf(componentPath);
  const sizes = tableSizes(database, componentPath);
  const tables = (schema?.tables ?? []).map(({ tableName }) => ({
    name: tableName,
    outcome: outcomeOf(tableName, { schema, active }),
    ...sizes(tableName),
  }));
  const indexes = indexChanges(active, schema).map((index) => ({
    ...index,
    needsBackfill: index.change === "added",
    numDocs: sizes(index.name.split(".")[0] ?? "").numDocs,
  }));
  return {
    definitionPath,
    schemaValidation: schema?.schemaValidation ?? false,
    tables,
    indexes,
    discardedStagedValidators: [],
  };
}

/** Documents that the same validator has let in need not be looked at. */
function outcomeOf(
  table: string,
  { schema, active }: { schema: SchemaJson | null; active: SchemaJson | null },
): "notValidated" | "supersetOfEnforced" | "mustWalk" {
  const next = validatorText(schema, table);
  if (next === null || next === '{"type":"any"}') return "notValidated";
  return next === validatorText(active, table)
    ? "supersetOfEnforced"
    : "mustWalk";
}

/** Sizes are estimated from the first documents. */
function tableSizes(database: Database, component: ComponentPath) {
  const existing = new Set(database.tables(component));
  return (table: string): { numDocs: number; sizeBytes: number } => {
    if (!existing.has(table)) return { numDocs: 0, sizeBytes: 0 };
    return database.read((tx) => {
      const numDocs = tx.count(component, table);
      const sizes = sampleOf(tx, { component, table, size: SAMPLE }).map(
        (row) => JSON.stringify(row).length,
      );
      const bytes = sizes.reduce((sum, size) => sum + size, 0);
      const average = bytes / Math.max(sizes.length, 1);
      return { numDocs, sizeBytes: Math.round(average * numDocs) };
    }).value;
  };
}
