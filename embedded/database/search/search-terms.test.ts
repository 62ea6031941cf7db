import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareTerms, filterTerm, wordsOf } from "./search-terms";

describe("the words of a text", () => {
  it("are split at whitespace and punctuation and lower-cased", () => {
    expect(wordsOf("Hello, World!  it's e-mail_2\n(ok)")).toEqual([
      "hello",
      "world",
      "it",
      "s",
      "e",
      "mail",
      "2",
      "ok",
    ]);
    expect(wordsOf(" .,! ")).toEqual([]);
  });
  it("are letters and digits of any script", () => {
    expect(wordsOf("Füße Привет 東京 ٣٤ Ⅷ")).toEqual([
      "füße",
      "привет",
      "東京",
      "٣٤",
      "ⅷ",
    ]);
  });
  it("have the same letters alone and at the end of a longer word", () => {
    expect(wordsOf("ΟΔΟΣ ΟΔΟΣΑ")).toEqual(["οδοσ", "οδοσα"]);
  });
  it("longer than 32 bytes are left out", () => {
    const longest = "a".repeat(32);
    expect(wordsOf(`${longest} ${longest}a ${"ж".repeat(17)}`)).toEqual([
      longest,
    ]);
  });
  it("of the words are the words themselves", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const words = wordsOf(text.replaceAll("İ", ""));
        fc.pre(words.every((word) => Buffer.byteLength(word) <= 30));
        expect(wordsOf(words.join(" "))).toEqual(words);
      }),
    );
  });
});

describe("a filter's term", () => {
  it("is the same for equal values only", () => {
    const one = { $integer: "AQAAAAAAAAA=" };
    const values = [1, one, "1", true, null, [1], { a: 1 }, undefined];
    const terms = values.map((value) => filterTerm(0, value));
    expect(new Set(terms).size).toBe(values.length);
    expect(filterTerm(0, { $undefined: null })).toBe(filterTerm(0, undefined));
    expect(filterTerm(0, 1)).not.toBe(filterTerm(1, 1));
  });
});

it("terms are compared by their bytes", () => {
  expect(["\u{1f600}", "ｚ", "z"].sort(compareTerms)).toEqual([
    "z",
    "ｚ",
    "\u{1f600}",
  ]);
});
