import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lengthCode, TermWeight } from "./search-ranking";

const statistics = { documents: 100, tokens: 1000 };
const score = (
  frequency: number,
  length: number,
  documents = 10,
  boost = 1,
): number =>
  new TermWeight(documents, statistics, boost).score(
    frequency,
    lengthCode(length),
  );

describe("a term's score", () => {
  it("is BM25 with k1 = 1.2 and b = 0.75", () => {
    const rarity = Math.log(1 + (100 - 10 + 0.5) / (10 + 0.5));
    const expected = (length: number, frequency: number) =>
      (rarity * frequency * 2.2) /
      (frequency + 1.2 * (0.25 + (0.75 * length) / 10));
    expect(score(1, 10)).toBeCloseTo(expected(10, 1), 12);
    expect(score(3, 20)).toBeCloseTo(expected(20, 3), 12);
  });
  it("grows with frequency and rarity, and falls with length", () => {
    expect(score(2, 10)).toBeGreaterThan(score(1, 10));
    expect(score(1, 10, 5)).toBeGreaterThan(score(1, 10, 50));
    expect(score(1, 5)).toBeGreaterThan(score(1, 500));
    expect(score(1, 10, 10, 0.5)).toBeCloseTo(score(1, 10) / 2, 12);
  });
  it("is positive even for a word that every document holds", () => {
    expect(score(1, 10, 100)).toBeGreaterThan(0);
  });
});

describe("the code of a length", () => {
  it("is exact for short texts and within an eighth for long ones", () => {
    expect([0, 1, 39, 40, 41, 42, 55, 56].map(lengthCode)).toEqual([
      0, 1, 39, 40, 40, 41, 47, 48,
    ]);
  });
  it("never falls as the length grows", () => {
    const length = fc.nat(2_000_000_000);
    fc.assert(
      fc.property(length, length, (a, b) => {
        const [small, large] = [Math.min(a, b), Math.max(a, b)];
        expect(lengthCode(small)).toBeLessThanOrEqual(lengthCode(large));
        expect(lengthCode(large)).toBeLessThanOrEqual(255);
      }),
    );
  });
});
