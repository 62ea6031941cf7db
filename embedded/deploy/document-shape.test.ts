import { convexToJson } from "convex/values";
import { describe, expect, it } from "vitest";
import { encodeId } from "../values/document-id";
import { shapeOfDocuments } from "./document-shape";

const id = encodeId(10_001, new Uint8Array(16));
const shapeOf = (...documents: Parameters<typeof convexToJson>[0][]) =>
  shapeOfDocuments(
    documents.map((document) => convexToJson(document)),
    (number) => (number === 10_001 ? "users" : null),
  );
const field = (fieldName: string, shape: object, optional = false) => ({
  fieldName,
  optional,
  shape,
});

describe("the shape of documents", () => {
  it("knows every type, and ids by their tables", () => {
    const bytes = new ArrayBuffer(1);
    expect(
      shapeOf({ a: null, b: 1n, c: 1, d: true, e: "x", f: bytes, g: id }),
    ).toEqual({
      type: "Object",
      fields: [
        field("a", { type: "Null" }),
        field("b", { type: "Int64" }),
        field("c", { type: "Float64" }),
        field("d", { type: "Boolean" }),
        field("e", { type: "String" }),
        field("f", { type: "Bytes" }),
        field("g", { type: "Id", tableName: "users" }),
      ],
    });
  });
  it("joins documents: fields that some lack are optional, types that differ a union", () => {
    expect(shapeOf({ a: 1, b: ["x"] }, { a: "x", b: [], c: {} })).toEqual({
      type: "Object",
      fields: [
        field("a", {
          type: "Union",
          shapes: [{ type: "Float64" }, { type: "String" }],
        }),
        field("b", { type: "Array", shape: { type: "String" } }),
        field("c", { type: "Object", fields: [] }, true),
      ],
    });
  });
  it("of none is Never", () => {
    expect(shapeOf()).toEqual({ type: "Never" });
  });
});
