import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReadSetIndex } from "./read-set-index";
import { intersects, mergeRanges } from "./read-set";
import type { Commit, KeyRange, ReadSet } from "./types";

const range = fc
  .tuple(fc.nat(30), fc.option(fc.integer({ min: 1, max: 10 })))
  .map(([start, length]): KeyRange => {
    return {
      start: Uint8Array.of(start),
      end: length === null ? null : Uint8Array.of(start + length),
    };
  });

function readSet(ranges: KeyRange[], tags: string[] = []): ReadSet {
  return { ranges: new Map([["i", mergeRanges(ranges)]]), tags: new Set(tags) };
}

function commitOf(keys: number[], tags: string[] = []): Commit {
  return {
    ts: 1n,
    keys: new Map([["i", keys.map((key) => Uint8Array.of(key))]]),
    tags: new Set(tags),
  };
}

describe("ReadSetIndex", () => {
  it("finds exactly the read sets that a commit intersects", () => {
    const sets = fc.array(
      fc.tuple(fc.nat(8), fc.array(range, { maxLength: 3 }), fc.boolean()),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(
        sets,
        fc.array(fc.nat(45), { maxLength: 3 }),
        (changes, keys) => {
          const index = new ReadSetIndex<number>();
          const model = new Map<number, ReadSet>();
          for (const [id, ranges, isAdded] of changes) {
            if (isAdded) model.set(id, readSet(ranges));
            else model.delete(id);
            if (isAdded) index.add(id, readSet(ranges));
            else index.remove(id);
          }
          const commit = commitOf(keys);
          const expected = [...model]
            .filter(([, reads]) => intersects(reads, commit))
            .map(([id]) => id);
          expect([...index.touched(commit)].sort()).toEqual(expected.sort());
        },
      ),
      { numRuns: 500 },
    );
  });

  it("finds by tag", () => {
    const index = new ReadSetIndex<string>();
    index.add("a", readSet([], ["env"]));
    expect([...index.touched(commitOf([], ["env"]))]).toEqual(["a"]);
    index.remove("a");
    expect(index.touched(commitOf([], ["env"])).size).toBe(0);
  });
});
