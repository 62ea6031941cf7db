/** Arbitrary Convex values for property tests, with the odd ones more often than chance would have them. */
import type { Value } from "convex/values";
import fc from "fast-check";

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

export const fieldName = fc.oneof(
  fc.stringMatching(/^[a-z_][a-z0-9_ ]{0,3}$/),
  fc.constantFrom("a", "a b", "0", "10", "9", "__proto__x", "~", "A"),
);

const number = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1, -1, 5e-324, -5e-324),
  fc.constantFrom(Number.MAX_VALUE, Number.MIN_SAFE_INTEGER, 2 ** 53, 1e21),
);

const int64 = fc.oneof(
  fc.bigInt({ min: MIN_INT64, max: MAX_INT64 }),
  fc.constantFrom(0n, 1n, -1n, 255n, 256n, -256n, MIN_INT64, MAX_INT64),
);

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 4 }),
  fc.string({ unit: "binary", maxLength: 3 }),
  fc.constantFrom("", "a", "a\0", "a\0b", "\0", "\u007f", "\u0080", "\u07ff"),
  fc.constantFrom("\u0800", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "😀"),
);

const bytes = fc
  .uint8Array({ maxLength: 3 })
  .map((array) => new Uint8Array(array).buffer);

export const convexValue: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>(
  (tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constant(null),
      fc.boolean(),
      number,
      int64,
      text,
      bytes,
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fieldName, tie("value"), {
        maxKeys: 3,
        noNullPrototype: true,
      }),
    ),
  }),
).value;

/** Strings that are not Unicode: they may be asked for, never stored. */
export const brokenText = fc.string({
  unit: fc.constantFrom("a", "\ud800", "\udbff", "\udc00", "\udfff", "\ufffd"),
  maxLength: 4,
});
