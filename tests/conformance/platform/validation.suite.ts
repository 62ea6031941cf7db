import type { Value } from "convex/values";
import { describe, expect, it } from "vitest";
import { fresh, type Calls } from "../calls";

type Args = Record<string, Value>;
type Case = [what: string, args: Args, message: RegExp];

const ARGUMENTS: Case[] = [
  [
    "a missing field",
    {},
    /ArgumentValidationError: Object is missing the required field `text`\. Consider wrapping the field validator in `v\.optional\(\.\.\.\)` if this is expected\.\s+Object: \{\}\s+Validator: v\.object\(/,
  ],
  [
    "an extra field",
    { text: "x", other: 1 },
    /Object contains extra field `other` that is not in the validator\.\s+Object: \{other: 1\.0, text: "x"\}/,
  ],
  [
    "another type",
    { text: 1 },
    /Value does not match validator\.\s+Path: \.text\s+Value: 1\.0\s+Validator: v\.string\(\)/,
  ],
  [
    "no member of a union",
    { text: "x", choice: "c" },
    /Value does not match validator\.\s+Path: \.choice\s+Value: "c"\s+Validator: v\.union\(v\.literal\("a"\), v\.literal\("b"\)\)/,
  ],
  [
    "a wrong element",
    { text: "x", list: [{ n: 1 }, { n: "2" }] },
    /Path: \.list\[1\]\.n\s+Value: "2"\s+Validator: v\.(float64|number)\(\)/,
  ],
  [
    "a number for an int64",
    { text: "x", big: 1 },
    /Path: \.big\s+Value: 1\.0\s+Validator: v\.int64\(\)/,
  ],
  [
    "a wrong value of a record",
    { text: "x", record: { a: 1 } },
    /Path: \.record\.values\(\)|Path: \.record/,
  ],
  [
    "another literal",
    { text: "x", literal: "other" },
    /`"other"` does not match literal validator `v\.literal\("only"\)`/,
  ],
  [
    "no id",
    { text: "x", thing: "nonsense" },
    /Path: \.thing\s+Value: "nonsense"\s+Validator: v\.id\("things"\)/,
  ],
  ["a value for null", { text: "x", nothing: 0 }, /Path: \.nothing/],
];

export function validationSuite(calls: () => Calls): void {
  describe.concurrent("validation", () => {
    it.each(ARGUMENTS)(
      "of arguments tells of %s",
      async (_what, args, message) => {
        await expect(
          calls().query("validation:strictArgs", args),
        ).rejects.toThrow(message);
      },
    );
    it("of arguments lets through what matches", async () => {
      const thing = await calls().mutation<string>("things:put", {
        run: fresh("arg"),
      });
      const args = {
        text: "x",
        choice: "b",
        list: [{ n: 1 }],
        big: 2n,
        record: { a: true },
        thing,
        literal: "only",
        nothing: null,
        bytes: new ArrayBuffer(1),
      };
      expect(await calls().query("validation:strictArgs", args)).toEqual(
        Object.keys(args).sort(),
      );
    });
    it("refuses any argument where none is declared, and none where any may come", async () => {
      await expect(
        calls().query("validation:noArgs", { a: 1 }),
      ).rejects.toThrow(/extra field `a`/);
      expect(await calls().query("validation:anyArgs", { b: 1 })).toEqual([
        "b",
      ]);
    });
    it("tells the id of another table apart", async () => {
      const id = await calls().mutation<string>("documents:insert", {
        table: "strict",
        value: { name: "x", kind: "a", tags: [] },
      });
      await expect(
        calls().query("validation:strictArgs", { text: "x", thing: id }),
      ).rejects.toThrow(
        /Found ID "\w+" from table `strict`, which does not match the table name in validator `v\.id\("things"\)`/,
      );
    });
    it("of returned values", async () => {
      const badReturn = (what: Value) =>
        calls().query("validation:badReturn", { what });
      expect(await badReturn({ n: 1 })).toEqual({ n: 1 });
      await expect(badReturn({ n: "1" })).rejects.toThrow(
        /ReturnsValidationError: Value does not match validator\.\s+Path: \.n/,
      );
      await expect(badReturn({ n: 1, m: 2 })).rejects.toThrow(
        /ReturnsValidationError: Object contains extra field `m`/,
      );
    });
    it("of a returned value undoes the mutation", async () => {
      const run = fresh("returns");
      await expect(
        calls().mutation("validation:badReturnAfterWrite", { run }),
      ).rejects.toThrow(/ReturnsValidationError/);
      expect(await calls().query("logs:notes", { run })).toEqual([]);
    });
  });

  describe.concurrent("the schema", () => {
    const insert = (value: Value) =>
      calls().mutation<string>("documents:insert", { table: "strict", value });
    const good = { name: "n", kind: "a", tags: ["t"] };
    const BAD: [string, Args, RegExp][] = [
      [
        "a missing field",
        { kind: "a", tags: [] },
        /missing the required field `name`/,
      ],
      ["an extra field", { ...good, more: 1 }, /extra field `more`/],
      ["another type", { ...good, age: "7" }, /Path: \.age\s+Value: "7"/],
      ["a wrong union", { ...good, kind: "z" }, /Path: \.kind\s+Value: "z"/],
      ["a wrong element", { ...good, tags: [1] }, /Path: \.tags\[0\]/],
      [
        "a nested field",
        { ...good, nested: { inner: 1 } },
        /Path: \.nested\.inner/,
      ],
      ["an id that is none", { ...good, owner: "x" }, /Path: \.owner/],
      ["a record's value", { ...good, extra: { a: "b" } }, /Path: \.extra/],
    ];
    it.each(BAD)("refuses to insert %s", async (_what, value, message) => {
      const refused = insert(value);
      await expect(refused).rejects.toThrow(
        /Failed to insert or update a document in table "strict" because it does not match the schema: /,
      );
      await expect(refused).rejects.toThrow(message);
    });
    it("refuses patches and replacements that break it, and takes those that do not", async () => {
      const id = await insert({ ...good, age: 1 });
      const patch = (value: Value, unset?: string) =>
        calls().mutation("documents:patch", {
          id,
          value,
          ...(unset === undefined ? {} : { unset }),
        });
      await expect(patch({ age: "old" })).rejects.toThrow(/Path: \.age/);
      await expect(patch({}, "name")).rejects.toThrow(
        /missing the required field `name`/,
      );
      expect(await patch({ kind: "b" }, "age")).toEqual({
        ...good,
        kind: "b",
        _id: id,
        _creationTime: expect.any(Number),
      });
      await expect(
        calls().mutation("documents:replace", { id, value: { name: "x" } }),
      ).rejects.toThrow(/missing the required field/);
    });
  });
}
