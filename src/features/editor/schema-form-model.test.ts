import { describe, expect, it } from "vitest";
import {
  draftFromValue,
  formFields,
  valueFromDraft,
  type FormField,
} from "./schema-form-model";

const schema = {
  type: "object",
  properties: {
    name: { type: "string", description: "Who" },
    count: { type: "integer" },
    ratio: { type: "number" },
    loud: { type: "boolean" },
    level: { enum: ["low", "high"] },
    tags: { type: "array", items: { type: "string" } },
    address: {
      type: "object",
      properties: { city: { type: "string" }, zip: { type: "string" } },
      required: ["city"],
    },
    extra: {},
  },
  required: ["name", "count"],
};

function fieldsOf(given: unknown): FormField[] {
  const fields = formFields(JSON.stringify(given));
  if (!fields) throw new Error("not a form");
  return fields;
}

const fields = fieldsOf(schema);

describe("formFields", () => {
  it("keeps the order and chooses a control for each type", () => {
    expect(
      fields.map(({ name, kind, required }) => [name, kind, required]),
    ).toEqual([
      ["name", "text", true],
      ["count", "number", true],
      ["ratio", "number", false],
      ["loud", "boolean", false],
      ["level", "choice", false],
      ["tags", "json", false],
      ["address", "group", false],
      ["extra", "json", false],
    ]);
  });

  it("is null when the input is not an object", () => {
    expect(formFields('{"type":"string"}')).toBeNull();
    expect(formFields("true")).toBeNull();
    expect(formFields(null)).toBeNull();
  });

  it("does not insist on a field that has a default", () => {
    const withDefault = {
      type: "object",
      properties: { n: { type: "number", default: 3 } },
      required: ["n"],
    };
    expect(fieldsOf(withDefault)[0]?.required).toBe(false);
  });
});

describe("draftFromValue and valueFromDraft", () => {
  it("give back a value that fits the schema", () => {
    const value = {
      name: "Ada",
      count: 2,
      ratio: 0.5,
      loud: false,
      level: "high",
      tags: ["a"],
      address: { city: "Paris" },
      extra: { any: null },
    };
    expect(valueFromDraft(fields, draftFromValue(fields, value))).toEqual({
      kind: "ok",
      value,
    });
  });

  it("leave out what is optional and empty", () => {
    expect(valueFromDraft(fields, { "/name": "", "/count": "1" })).toEqual({
      kind: "ok",
      value: { name: "", count: 1 },
    });
  });

  it("ask for a required field of an optional group once part of it is given", () => {
    const draft = { "/name": "x", "/count": "1", "/address/zip": "75001" };
    expect(valueFromDraft(fields, draft)).toMatchObject({
      kind: "ok",
      value: { address: { city: "", zip: "75001" } },
    });
  });

  it("name every wrong field", () => {
    const draft = {
      "/count": "1.5",
      "/ratio": "much",
      "/tags": "{}",
      "/extra": "{",
    };
    const result = valueFromDraft(fields, draft);
    expect(result.kind).toBe("invalid");
    if (result.kind !== "invalid") return;
    expect(Object.keys(result.errors)).toEqual([
      "/count",
      "/ratio",
      "/tags",
      "/extra",
    ]);
    expect(result.errors["/count"]).toBe("Enter a whole number.");
  });

  it("never reads inherited properties of the sample", () => {
    const odd = fieldsOf({
      type: "object",
      properties: { toString: { type: "string" } },
    });
    expect(draftFromValue(odd, {})).toEqual({});
  });
});
