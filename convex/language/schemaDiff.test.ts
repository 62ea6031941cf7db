import { describe, expect, it } from "vitest";
import { diffSchemas } from "./schemaDiff";

const object = (properties: object, required: string[] = []) => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});

describe("the difference between two input schemas", () => {
  it("goes field by field, into objects and lists", () => {
    const before = object(
      {
        id: { type: "string" },
        old: { type: "number" },
        tags: { type: "array", items: { type: "string" } },
      },
      ["id", "old"],
    );
    const after = object({
      id: { type: "string" },
      tags: { type: "array", items: { type: "number", minimum: 1 } },
      who: object({ name: { type: "string" } }, ["name"]),
    });
    expect(diffSchemas(before, after)).toEqual([
      { path: "id", before: "string", after: "optional string" },
      { path: "old", before: "number", after: null },
      { path: "tags[]", before: "string", after: "number, minimum 1" },
      { path: "who", before: null, after: "optional object" },
      { path: "who.name", before: null, after: "string" },
    ]);
  });

  it("finds none between schemas that say the same in another order", () => {
    const one = object({ a: { type: "string", minLength: 1 } }, ["a"]);
    const other = object({ a: { minLength: 1, type: "string" } }, ["a"]);
    expect(diffSchemas(one, other)).toEqual([]);
    expect(diffSchemas(null, null)).toEqual([]);
  });

  it("knows a workflow that takes anything", () => {
    expect(diffSchemas(null, object({}))).toEqual([
      { path: "", before: "anything", after: "object" },
    ]);
  });
});
