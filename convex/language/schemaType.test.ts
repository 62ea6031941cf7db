import { describe, expect, it } from "vitest";
import { z } from "zod";
import { typeOfSchema } from "./schemaType";

const typeOf = (schema: z.ZodType) =>
  typeOfSchema(
    // JSON Schema as the compiler stores it.
    z.toJSONSchema(schema, { io: "input" }),
  ).replace(/\s+/g, " ");

describe("the type of a schema", () => {
  it.each([
    [z.string().min(3), "string"],
    [z.number().int(), "number"],
    [z.enum(["a", "b"]), `"a" | "b"`],
    [z.literal(7), "7"],
    [z.array(z.string()), "string[]"],
    [z.array(z.union([z.string(), z.null()])), "(string | null)[]"],
    [z.tuple([z.string(), z.number()]), "[string, number]"],
    [z.record(z.string(), z.boolean()), "{ [name: string]: boolean; }"],
    [z.object({}), "{ [name: string]: any; }"],
    [z.any(), "any"],
    [
      z.object({
        a: z.string(),
        b: z.number().optional(),
        "c-d": z.boolean().default(true),
        e: z.object({ f: z.null() }),
      }),
      `{ a: string; b?: number; "c-d"?: boolean; e: { f: null; }; }`,
    ],
  ])("%#", (schema, expected) => {
    expect(typeOf(schema)).toBe(expected);
  });

  it("is any for what it does not know, and ends for what contains itself", () => {
    expect(typeOfSchema({ $ref: "#" })).toBe("any");
    const loop: { [keyword: string]: unknown } = { type: "array" };
    loop["items"] = loop;
    expect(typeOfSchema(loop)).toMatch(/^any(\[\])+$/);
  });
});
