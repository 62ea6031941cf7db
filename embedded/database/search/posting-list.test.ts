import fc from "fast-check";
import { expect, it } from "vitest";
import { openSqliteStorage } from "../../storage/sqlite-storage";
import { asList, type Posting } from "./posting-codec";
import { addPostings, readPostings, removePosting } from "./posting-list";

const posting: fc.Arbitrary<Posting> = fc.record({
  rowId: fc.oneof(fc.nat(2000), fc.nat(2 ** 31 - 1)),
  frequency: fc.integer({ min: 1, max: 100_000 }),
  lengthCode: fc.nat(255),
});
const byRow = (left: Posting, right: Posting) => left.rowId - right.rowId;
const step = fc.oneof(
  fc
    .uniqueArray(posting, { selector: ({ rowId }) => rowId, maxLength: 700 })
    .map((list) => ({ add: list.sort(byRow) })),
  fc.array(fc.nat(2000), { maxLength: 50 }).map((remove) => ({ remove })),
);

it("a posting list is a sorted map, however it was filled", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      const storage = openSqliteStorage(":memory:");
      const place = { storage: storage.search, indexId: 1, term: "wa" };
      const model = new Map<number, Posting>();
      storage.begin();
      for (const step of steps) {
        if ("add" in step) {
          addPostings(place, step.add);
          for (const added of step.add) model.set(added.rowId, added);
        } else
          for (const rowId of step.remove) {
            removePosting(place, rowId);
            model.delete(rowId);
          }
      }
      storage.commit();
      expect(asList(readPostings(place))).toEqual(
        [...model.values()].sort(byRow),
      );
      storage.close();
    }),
    { numRuns: 50 },
  );
});

it("a list that grows at its end has full blocks", () => {
  const storage = openSqliteStorage(":memory:");
  const place = { storage: storage.search, indexId: 1, term: "wa" };
  storage.begin();
  for (let rowId = 1; rowId <= 1000; rowId += 1)
    addPostings(place, [{ rowId, frequency: 1, lengthCode: 9 }]);
  storage.commit();
  expect(storage.search.blocks(1, "wa")).toHaveLength(4);
});
