/** Arbitrary validators and values against a model that decides with plain JavaScript values. */
import { convexToJson, v } from "convex/values";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tableNameOf, validatorModel } from "./testing/arbitrary-validator";
import { convexValue } from "./testing/arbitrary-value";
import { checkValue } from "./validator-check";
import { parseValidator, type ValidatorJson } from "./validator-json";
import { formatValidator } from "./value-text";

const TEXTS = [
  /^Value does not match validator\.\n(Path: .+)?\nValue: [^]*\nValidator: v\./,
  /^Object is missing the required field `.+`\. Consider wrapping the field validator in `v\.optional\(\.\.\.\)` if this is expected\.\n(Path: .+)?\nObject: \{[^]*\}\nValidator: v\.object\(\{/,
  /^Object contains extra field `.+` that is not in the validator\.\n(Path: .+)?\nObject: \{[^]*\}\nValidator: v\.object\(\{/,
  /^`[^]*` does not match literal validator `v\.literal\(.+\)`\.(\nPath: .+)?$/,
  /^Found ID "[0-9a-z]+" from (table `[ab]`|a system table), which does not match the table name in validator `v\.id\("[ab]"\)`\.(\nPath: .+)?$/,
];

describe("checkValue", () => {
  it("accepts exactly what matches, and says why not in Convex's words", () => {
    const valued = validatorModel.chain((validator) =>
      fc.tuple(
        fc.constant(validator),
        fc.oneof(validator.near, validator.near, convexValue),
      ),
    );
    let accepted = 0;
    fc.assert(
      fc.property(valued, ([{ json, matches }, value]) => {
        const error = checkValue(convexToJson(value), json, tableNameOf);
        expect(error === null).toBe(matches(value));
        if (error === null) accepted += 1;
        else expect(TEXTS.some((text) => text.test(error))).toBe(true);
      }),
      { numRuns: 3000, seed: 1 },
    );
    expect(accepted).toBeGreaterThan(500);
  });

  it("reads validators as convex writes them", () => {
    const written = v.object({
      a: v.optional(v.union(v.id("a"), v.literal(1n), v.null())),
      "b-c": v.record(v.string(), v.array(v.bytes())),
      d: v.any(),
    });
    const json = parseValidator(
      (written as unknown as { json: ValidatorJson }).json,
    );
    expect(formatValidator(json)).toBe(
      'v.object({a: v.optional(v.union(v.id("a"), v.literal(1), v.null())), "b-c": v.record(v.string(), v.array(v.bytes())), d: v.any()})',
    );
  });

  it("parses any validator to itself", () => {
    fc.assert(
      fc.property(validatorModel, ({ json }) => {
        expect(parseValidator(json)).toEqual(json);
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});
