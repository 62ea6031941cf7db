import { describe, expect, it } from "vitest";
import { newTestDatabase, schemaWith } from "../database/testing/test-database";
import type { SchemaJson } from "../database/types";
import { PLAIN_APP } from "./component-definition";
import type { MountedComponent } from "./component-tree";
import { evaluateSchemaChange } from "./schema-evaluation";

function appWith(schema: SchemaJson): MountedComponent {
  return {
    componentPath: "",
    definitionPath: "",
    children: {},
    httpMounts: {},
    httpPrefix: null,
    env: null,
    isMounted: true,
    evaluated: {
      definition: PLAIN_APP,
      schema,
      modules: [],
      functions: {},
      udfServerVersion: "1.48.0",
    },
  };
}

const text = (table: { [index: string]: string[] }, type: string) =>
  schemaWith(
    { notes: table },
    {
      type: "object",
      value: {
        text: { fieldType: { type }, optional: false },
        size: { fieldType: { type: "number" }, optional: true },
      },
    },
  );

async function evaluationAfter(before: SchemaJson, after: SchemaJson) {
  const { db } = newTestDatabase();
  db.applySchemas(new Map([["", before]]));
  await db.write((tx) => {
    for (let n = 0; n < 3; n++) tx.insert("", "notes", { text: "abc" });
  });
  return evaluateSchemaChange(db, [appWith(after)]);
}

describe("the evaluation of a schema", () => {
  it("says what happens to each index, and how many documents it concerns", async () => {
    const evaluation = await evaluationAfter(
      text({ by_text: ["text"], old: ["size"] }, "string"),
      text({ by_text: ["text"], fresh: ["text", "size"] }, "string"),
    );
    expect(evaluation).toMatchObject({
      componentSchemaEvaluations: {
        "": {
          schemaValidation: true,
          indexes: [
            {
              name: "notes.fresh",
              change: "added",
              needsBackfill: true,
              numDocs: 3,
            },
            {
              name: "notes.by_text",
              change: "identical",
              needsBackfill: false,
            },
            { name: "notes.old", change: "dropped", needsBackfill: false },
          ],
        },
      },
      newComponentDefinitions: [""],
    });
  });
  it("says which tables must be read because their type has changed", async () => {
    const before = text({}, "string");
    const outcome = async (after: SchemaJson) =>
      (await evaluationAfter(before, after)) as {
        componentSchemaEvaluations: { "": { tables: object[] } };
      };
    const tables = async (after: SchemaJson) =>
      (await outcome(after)).componentSchemaEvaluations[""].tables;
    expect(await tables(before)).toMatchObject([
      { name: "notes", outcome: "supersetOfEnforced", numDocs: 3 },
    ]);
    expect(await tables(text({}, "any"))).toMatchObject([
      { outcome: "mustWalk" },
    ]);
    expect(await tables(schemaWith({ notes: {} }))).toMatchObject([
      { outcome: "notValidated" },
    ]);
  });
});
