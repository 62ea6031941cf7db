import { ConvexClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import type { Value } from "convex/values";
import { describe, expect, it } from "vitest";
import { fresh, type Calls } from "../calls";
import type { DeployedProject } from "../deployed-app";

const bytes = (...values: number[]) => new Uint8Array(values).buffer;

const VALUES: [string, Value][] = [
  ["null", null],
  ["booleans", [true, false]],
  ["the largest int64", 9223372036854775807n],
  ["the smallest int64", -9223372036854775808n],
  ["an int64 beside a number", [1n, 1]],
  ["NaN", NaN],
  ["infinities", [Infinity, -Infinity]],
  ["-0", -0],
  ["small and large numbers", [5e-324, 1.7976931348623157e308, 0.1]],
  ["an empty string", ""],
  ["unicode", "zwölf Boxkämpfer 🥊 \u0000 \u2028 ‮"],
  ["a large string", "é".repeat(200_000)],
  ["bytes", bytes(0, 1, 254, 255)],
  ["no bytes", bytes()],
  ["empty containers", { list: [], object: {} }],
  ["odd field names", { "a b": 1, "a.b": 2, "~!@": 3 }],
  ["nested", [[{ a: [{ b: { c: [1n, null, bytes(7)] } }] }]]],
];

/** What each type is sorted by, smallest first: the order of Convex values. */
const ASCENDING: Value[] = [
  null,
  -9223372036854775808n,
  -1n,
  0n,
  256n,
  -Infinity,
  -1.5,
  -0,
  0,
  1e-7,
  3,
  Infinity,
  NaN,
  false,
  true,
  "",
  "A",
  "a",
  "aa",
  "é",
  "\uffee",
  "😀",
  bytes(),
  bytes(0),
  bytes(1, 2),
  bytes(2),
  [],
  [null],
  [1, 2],
  [2],
  {},
  { a: 1 },
  { a: 1, b: 1 },
  { a: 2 },
  { b: 0 },
];

export function valuesSuite(
  app: () => DeployedProject,
  calls: () => Calls,
): void {
  describe("values", () => {
    it.concurrent.each(VALUES)(
      "come back as they went: %s",
      async (_, value) => {
        expect(await calls().query("things:echo", { value })).toEqual(value);
        expect(await calls().action("things:echoAction", { value })).toEqual(
          value,
        );
        const id = await calls().mutation("things:put", {
          run: fresh("value"),
          value,
        });
        expect(await calls().query("things:get", { id: id as string })).toEqual(
          value,
        );
      },
    );
    it("come back as they went over the socket", async () => {
      const client = new ConvexClient(app().backend.url, { logger: false });
      const echo = makeFunctionReference<"query">("things:echo");
      for (const [, value] of VALUES)
        expect(await client.query(echo, { value })).toEqual(value);
      await client.close();
    });
    it("are what they should be inside functions", async () => {
      const typeOf = (value: Value) =>
        calls().query("things:typeOf", { value });
      expect([
        await typeOf(1n),
        await typeOf(-0),
        await typeOf(bytes(1)),
        await typeOf(2),
      ]).toEqual(["bigint", "-0", "bytes", "number"]);
    });
    it("are null when a function returns nothing", async () => {
      expect(await calls().query("things:nothing")).toBeNull();
    });
    it("lose fields that are undefined", async () => {
      expect(
        await calls().query("things:echo", {
          value: { a: 1, b: undefined } as unknown as Value,
        }),
      ).toEqual({ a: 1 });
    });
    it.each(["date", "map", "symbol"])(
      "cannot be a %s, and the error names it",
      async (what) => {
        await expect(
          calls().query("things:unserializable", { what }),
        ).rejects.toThrow(/is not a supported Convex type/);
      },
    );
    it("are sorted by type and then by value, missing ones first", async () => {
      const run = fresh("sorted");
      const shuffled = ASCENDING.map((value, index) => ({
        value,
        key: (index * 17) % ASCENDING.length,
      })).sort((a, b) => a.key - b.key);
      for (const { value } of shuffled)
        await calls().mutation("things:put", { run, value });
      await calls().mutation("things:put", { run });
      expect(await calls().query("things:sorted", { run })).toEqual([
        null,
        ...ASCENDING,
      ]);
      expect(
        await calls().query("things:sorted", { run, descending: true }),
      ).toEqual([...ASCENDING.toReversed(), null]);
    });
  });
}
