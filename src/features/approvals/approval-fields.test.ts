import { describe, expect, it } from "vitest";
import { fieldsOf, valuesOf } from "./approval-fields";

const schema = JSON.stringify({
  type: "object",
  required: ["amount", "kind", "tags"],
  properties: {
    amount: { type: "number", description: "Amount in EUR" },
    kind: { type: "string", enum: ["full", "part"], default: "full" },
    urgent: { type: "boolean" },
    why: { type: "string" },
    tags: { type: "array" },
  },
});

describe("the form of an approval", () => {
  it("has a field for every property", () => {
    expect(
      fieldsOf(schema).map(({ label, type, isRequired, initial }) => {
        return [label, type, isRequired, initial];
      }),
    ).toEqual([
      ["Amount in EUR", "number", true, ""],
      ["kind", "choice", false, "full"],
      ["urgent", "boolean", false, ""],
      ["why", "text", false, ""],
      ["tags", "json", true, ""],
    ]);
    expect(fieldsOf(null)).toEqual([]);
  });

  it("gives typed values, without what was left empty", () => {
    const typed = new Map([
      ["amount", "1.5"],
      ["urgent", "true"],
      ["tags", '["a"]'],
    ]);
    expect(JSON.parse(valuesOf(fieldsOf(schema), typed))).toEqual({
      amount: 1.5,
      kind: "full",
      urgent: true,
      tags: ["a"],
    });
    const broken = new Map([["tags", "["]]);
    expect(() => valuesOf(fieldsOf(schema), broken)).toThrow(SyntaxError);
  });
});
