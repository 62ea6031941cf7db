import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  copyText,
  flattenJson,
  openAtFirst,
  parseJson,
  searchJson,
} from "./json-rows";

const open = () => true;
const paths = (value: unknown) =>
  flattenJson(value, open).map((row) => row.path);

describe("flattenJson", () => {
  it("names every value by its path", () => {
    expect(paths({ a: [1, { "b c": null }] })).toEqual([
      "$",
      "$.a",
      "$.a[0]",
      "$.a[1]",
      '$.a[1]["b c"]',
    ]);
  });

  it("shows only what is expanded", () => {
    const rows = flattenJson({ a: { b: 1 } }, (path) => path === "$");
    expect(rows.map((row) => row.path)).toEqual(["$", "$.a"]);
    expect(rows[1]).toMatchObject({ expanded: false, count: 1 });
  });

  it("cuts long arrays into ranges and keeps the real indexes", () => {
    const value = Array.from({ length: 250 }, (_, i) => i);
    const closed = flattenJson(value, (path) => path === "$");
    expect(closed.map((row) => row.name)).toEqual([
      "",
      "[0…99]",
      "[100…199]",
      "[200…249]",
    ]);
    expect(paths(value)).toContain("$[249]");
  });

  it("takes any JSON, also names of the prototype", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const all = paths(parseJson(text));
        expect(new Set(all).size).toBe(all.length);
      }),
    );
    expect(paths(JSON.parse('{"__proto__": 1}'))).toEqual(["$", "$.__proto__"]);
  });
});

describe("parseJson", () => {
  it("keeps the digits of numbers that do not fit", () => {
    const long = "12345678901234567890";
    expect(copyText(parseJson(long))).toMatch(/^12345678901234567(890|000)$/);
    expect(parseJson("[1.5, 2]")).toEqual([1.5, 2]);
  });
});

describe("openAtFirst", () => {
  it("opens small values whole and large ones one level", () => {
    expect(openAtFirst({ a: { b: 1 } })("$.a")).toBe(true);
    const large = { a: Array.from({ length: 90 }, (_, i) => ({ i })) };
    expect(openAtFirst(large)("$.a")).toBe(false);
    expect(openAtFirst(large)("$")).toBe(true);
  });
});

describe("searchJson", () => {
  it("finds names and values and says what to open", () => {
    const value = { user: { email: "Ada@example.com" }, tags: ["ada"] };
    expect(searchJson(value, "ADA")).toEqual([
      { path: "$.user.email", within: ["$", "$.user"] },
      { path: "$.tags[0]", within: ["$", "$.tags"] },
    ]);
    expect(searchJson(value, "email")[0]?.path).toBe("$.user.email");
  });

  it("stops at a thousand hits", () => {
    expect(searchJson(new Array(5_000).fill("x"), "x")).toHaveLength(1_000);
  });
});
