import {
  convexToJson,
  v,
  type JSONValue,
  type Validator,
  type Value,
} from "convex/values";
import { describe, expect, it } from "vitest";
import { encodeId } from "./document-id";
import { checkValue } from "./validator-check";
import { parseValidator } from "./validator-json";

const ID_OF_A = encodeId(10001, new Uint8Array(16));
const tableNameOf = (number: number) =>
  number === 10001 ? "a" : number === 514 ? "_storage" : null;

function check(value: Value, validator: unknown): string | null {
  const { json } = validator as { json: JSONValue };
  return checkValue(convexToJson(value), parseValidator(json), tableNameOf);
}

describe("checkValue", () => {
  it.each<[Value, Validator<unknown, "required", string>]>([
    [1, v.number()],
    [NaN, v.number()],
    [1n, v.int64()],
    [null, v.null()],
    [ID_OF_A, v.id("a")],
    [["x"], v.array(v.union(v.string(), v.null()))],
    [{ k: 1 }, v.record(v.string(), v.number())],
    [{ a: "x" }, v.object({ a: v.literal("x"), b: v.optional(v.string()) })],
    [new ArrayBuffer(2), v.bytes()],
  ])("accepts what matches (%#)", (value, validator) => {
    expect(check(value, validator)).toBeNull();
  });

  it("reports a missing field", () => {
    expect(check({}, v.object({ body: v.string() }))).toBe(
      "Object is missing the required field `body`. Consider wrapping the field validator in `v.optional(...)` if this is expected.\n\nObject: {}\nValidator: v.object({body: v.string()})",
    );
  });

  it("reports an extra field", () => {
    expect(
      check(
        { a: { b: 1, c: true } },
        v.object({ a: v.object({ b: v.number() }) }),
      ),
    ).toBe(
      "Object contains extra field `c` that is not in the validator.\nPath: .a\nObject: {b: 1.0, c: true}\nValidator: v.object({b: v.float64()})",
    );
  });

  it("names the first field in the order of the alphabet, and shows fields in it", () => {
    const validator = v.object({ d: v.null(), c: v.null() });
    expect(check({}, validator)).toContain("missing the required field `c`.");
    expect(check({ z: 1, y: 2, d: null, c: null }, validator)).toBe(
      "Object contains extra field `y` that is not in the validator.\n\nObject: {c: null, d: null, y: 2.0, z: 1.0}\nValidator: v.object({c: v.null(), d: v.null()})",
    );
  });

  it("reports the path of a wrong value", () => {
    expect(check({ a: ["x", 1] }, v.object({ a: v.array(v.string()) }))).toBe(
      "Value does not match validator.\nPath: .a[1]\nValue: 1.0\nValidator: v.string()",
    );
  });

  it("reports a wrong literal", () => {
    expect(check("b", v.literal("a"))).toBe(
      '`"b"` does not match literal validator `v.literal("a")`.',
    );
  });

  it("reports ids of other tables", () => {
    expect(check(ID_OF_A, v.id("b"))).toBe(
      `Found ID "${ID_OF_A}" from table \`a\`, which does not match the table name in validator \`v.id("b")\`.`,
    );
    expect(check(encodeId(514, new Uint8Array(16)), v.id("b"))).toContain(
      "from a system table",
    );
    expect(check("nonsense", v.id("b"))).toContain(
      "Value does not match validator.",
    );
  });

  it("does not take an int64 for a float", () => {
    expect(check(1n, v.number())).toContain("Value: 1\n");
  });
});
