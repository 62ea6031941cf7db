import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasShape } from "../../tests/support/language/has-shape";
import { typeErrors } from "../../tests/support/language/check-types";
import type { Json } from "./evaluation";
import {
  boundedShape,
  isFieldName,
  mergeAll,
  mergeShapes,
  type Shape,
  shapeOf,
} from "./shapes";
import { typeOfSeen } from "./shapeType";

// Whatever fast-check calls JSON is JSON.
const anyJson = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;

const names = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "id",
    "name",
    "a b",
    "it's",
    '"',
    "\\",
    "*/",
    "`${x}`",
    "日本",
    "#text",
    "@type",
    "content-type",
    "class",
    "constructor",
    "__proto__",
    "2024-01-05",
  ),
);
const oddJson = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Json>(null, true, 0, -1.5, "", "text"),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(names, tie("value"), { maxKeys: 5 }),
  ),
})).value;

const merged = (values: Json[]): Shape =>
  mergeAll(values.map((value) => shapeOf(value))) ?? { seen: 0 };

describe("a shape", () => {
  it("is that of every value it was made of", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyJson, oddJson), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 30 }),
        (values, maxTypes) => {
          const shape = merged(values);
          expect(shape.seen).toBe(values.length);
          for (const value of values) {
            expect(hasShape(value, shape)).toBe(true);
            expect(hasShape(value, boundedShape(shape, maxTypes))).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it("is a type that TypeScript finds every value to be of", () => {
    const samples = fc.sample(
      fc.array(fc.oneof(anyJson, oddJson), { minLength: 1, maxLength: 5 }),
      200,
    );
    const source = samples.flatMap((values, n) => {
      const seen = { times: 1, shape: merged(values) };
      return [
        `type T${n} = ${typeOfSeen(seen, "1 run")};`,
        ...values.map(
          (value, m) => `export const v${n}_${m}: T${n} = ${literal(value)};`,
        ),
      ];
    });
    expect(typeErrors(source.join("\n"))).toEqual([]);
  }, 60_000);

  it("does not depend on the order of values, but for that of fields", () => {
    fc.assert(
      fc.property(oddJson, oddJson, oddJson, (a, b, c) => {
        const left = mergeShapes(
          mergeShapes(shapeOf(a), shapeOf(b)),
          shapeOf(c),
        );
        const right = mergeShapes(
          shapeOf(c),
          mergeShapes(shapeOf(b), shapeOf(a)),
        );
        expect(inOrder(left)).toEqual(inOrder(right));
      }),
    );
  });

  it("has none of the values in it", () => {
    const secret = "s3cr3t-value-of-somebody";
    const shape = shapeOf({
      token: secret,
      list: [secret, 17],
      "ada@example.com": { name: secret },
      "5f0c1c1e-1111-4222-8333-444455556666": 1,
      "2024-01-05": 1,
      cus_Nf9s8Df8sd9Kq71: 2,
      "https://example.com/x": 3,
    });
    expect(JSON.stringify(shape)).not.toMatch(
      /s3cr3t|17|ada|5f0c|2024|cus_|example/,
    );
    expect(shape.object?.fields.map(([name]) => name)).toEqual([
      "token",
      "list",
    ]);
  });

  it("of an object with very many fields is that of a dictionary", () => {
    const words = Array.from(
      { length: 65 },
      (_, n) => `w${"x".repeat(n % 40)}${n}`,
    );
    const value = Object.fromEntries(words.map((word, n) => [word, n]));
    expect(shapeOf(value)).toEqual({
      seen: 1,
      object: { seen: 1, fields: [], values: { seen: 65, is: ["number"] } },
    });
  });

  it("is bounded for deep and for large values", () => {
    let deep: Json = 1;
    for (let n = 0; n < 2_000; n++) deep = { inner: deep };
    expect(JSON.stringify(shapeOf(deep)).length).toBeLessThan(1_000);
    const wide = Object.fromEntries(
      Array.from({ length: 60 }, (_, n) => [
        `field ${n}`,
        { a: { b: 1 }, c: 2 },
      ]),
    );
    const shape = boundedShape(shapeOf(wide), 100);
    expect(shape.object?.fields).toHaveLength(60);
    expect(JSON.stringify(shape).length).toBeLessThan(5_000);
  });
});

describe("names of fields", () => {
  it.each([
    "id",
    "first name",
    "content-type",
    "@type",
    "#text",
    "$ref",
    "日本",
    "größe",
    "base64",
    "iso8601",
    "address_line_1_verified",
  ])("%s says what something is", (name) => {
    expect(isFieldName(name)).toBe(true);
  });
  it.each([
    "",
    "17",
    "+49 170 1234567",
    "a@b.de",
    "2024-01-05",
    "sk_live_51H8abcDEF99",
    "http://x",
    "x".repeat(61),
    "a\nb",
    "***",
  ])("%j is data", (name) => {
    expect(isFieldName(name)).toBe(false);
  });
});

/** An own field of this name, which a literal would make the prototype. */
function literal(value: Json): string {
  return JSON.stringify(value).replaceAll('"__proto__":', '["__proto__"]:');
}

function inOrder(shape: Shape | null | undefined): unknown {
  if (!shape) return null;
  const { object, list, ...rest } = shape;
  const fields = object?.fields.map(([name, field]) => [name, inOrder(field)]);
  return {
    ...rest,
    list: list && inOrder(list.items),
    object: object && [object.seen, inOrder(object.values), fields?.sort()],
  };
}
