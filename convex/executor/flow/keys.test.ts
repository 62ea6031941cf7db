import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { definitionPath } from "../../language/graph";
import {
  childKey,
  isInside,
  isIterationKey,
  iterationIndex,
  iterationKey,
  iterationsAround,
  nameOf,
  parentKeyOf,
  rangesInside,
  scopeOf,
  visibleKey,
} from "./keys";

/** A step's key with what is around it: names and, for loops, the iteration. */
const places = fc.array(
  fc.record({
    name: fc.stringMatching(/^[a-z][a-z0-9 .-]{0,8}[a-z]$/),
    index: fc.option(fc.nat(100_000)),
  }),
  { minLength: 1, maxLength: 8 },
);
type Place = { name: string; index: number | null };

function keyOf(around: Place[]): string {
  return around.reduce<string | null>((parent, { name, index }) => {
    const key = childKey(parent, name);
    return index === null ? key : iterationKey(key, index);
  }, null) as string;
}

describe("a key", () => {
  it("leads outwards through every place around it to the top", () => {
    fc.assert(
      fc.property(places, (around) => {
        const seen: string[] = [];
        for (
          let at: string | null = keyOf(around);
          at !== null;
          at = parentKeyOf(at)
        )
          seen.push(at);
        const expected = around.flatMap((place, i) => {
          const step = keyOf([
            ...around.slice(0, i),
            { ...place, index: null },
          ]);
          return place.index === null
            ? [step]
            : [step, iterationKey(step, place.index)];
        });
        expect(seen).toEqual(expected.reverse());
      }),
    );
  });

  it("names its iterations, outermost first", () => {
    fc.assert(
      fc.property(places, (around) => {
        const expected = around.flatMap(({ index }, i) =>
          index === null ? [] : [keyOf(around.slice(0, i + 1))],
        );
        expect(iterationsAround(keyOf(around))).toEqual(expected);
      }),
    );
  });

  it("keeps its definition path, whatever the iterations", () => {
    fc.assert(
      fc.property(places, (around) => {
        const path = around.map(({ name }) => name).join("/");
        expect(definitionPath(keyOf(around))).toBe(path);
        expect(nameOf(path)).toBe(around.at(-1)?.name);
      }),
    );
  });

  it("is inside everything around it and nothing else", () => {
    fc.assert(
      fc.property(places, (around) => {
        const key = keyOf(around);
        const isInRange = (one: string, container: string) =>
          rangesInside(container).some(([from, to]) => from <= one && one < to);
        for (const holds of [isInside, isInRange]) {
          for (let at = parentKeyOf(key); at !== null; at = parentKeyOf(at))
            expect(holds(key, at)).toBe(true);
          expect(holds(key, key)).toBe(false);
          for (const more of ["x", " x", ".x", "-x", "0", "Z", "_", "é"])
            expect(holds(`${key}${more}`, key)).toBe(false);
        }
      }),
    );
  });

  it.each([
    ["order", ""],
    ["large/manager", ""],
    ["notify", ""],
    ["notify[12]", "notify[]"],
    ["notify[12]/mail", "notify[12]"],
    ["notify[12]/large/mail", "notify[12]"],
    ["notify[12]/each[3]", "notify[12]/each[]"],
    ["notify[12]/each[3]/mail", "notify[12]/each[3]"],
  ])("%s is listed in the scope %j", (key, scope) => {
    expect(scopeOf(key)).toBe(scope);
  });

  it("of an iteration tells its index", () => {
    expect(isIterationKey("notify[12]")).toBe(true);
    expect(isIterationKey("notify[12]/mail")).toBe(false);
    expect(iterationIndex("a[7]/notify[12]")).toBe(12);
  });
});

describe("the execution visible from a step", () => {
  it.each([
    ["order", "notify[2]/mail", "order"],
    ["notify/body", "notify[2]/mail", "notify[2]/body"],
    ["a/b/x", "a[1]/b[2]/y", "a[1]/b[2]/x"],
    ["a/x", "a[1]/b[2]/y", "a[1]/x"],
    ["a/large/x", "a[1]/large/y", "a[1]/large/x"],
    ["ab/x", "a[1]/y", "ab/x"],
  ])("%s seen from %s is %s", (path, from, expected) => {
    expect(visibleKey(path, from)).toBe(expected);
  });
});
