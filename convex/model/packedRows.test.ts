import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Doc, Id } from "../_generated/dataModel";
import { iterationKey, parentKeyOf, scopeOf } from "../executor/flow/keys";
import { byIteration, stepsOf, type WholeIteration } from "./packedRows";
import { type PayloadRef, smallPayload } from "./payloads";
import { type StepFields, storedStep } from "./stepFields";
import { CHUNK, fitsPack, packIterations, packRoots } from "./stepPacks";

const runId = "run" as Id<"workflowRuns">;
const NOW = 5;

function step(key: string, other: Partial<StepFields> = {}): StepFields {
  return {
    runId,
    key,
    parentKey: parentKeyOf(key),
    scope: scopeOf(key),
    sequence: 0,
    kind: "code",
    label: key,
    state: { kind: "completed" },
    attempt: 1,
    maxAttempts: 1,
    interrupted: 0,
    createdAt: NOW,
    startedAt: NOW,
    endedAt: NOW,
    input: null,
    output: null,
    error: null,
    loop: null,
    branch: null,
    ...other,
  };
}

function iteration(
  loop: string,
  index: number,
  other: Partial<StepFields> = {},
): StepFields {
  const label = `#${index + 1}`;
  const key = iterationKey(loop, index);
  const what = { kind: "iteration", sequence: index, label } as const;
  return step(key, { ...what, ...other });
}

const value: fc.Arbitrary<PayloadRef | null> = fc.oneof(
  fc.constant(null),
  fc.json({ maxDepth: 1 }).map((json) => smallPayload(json)),
  // What is stored under an id is always the same.
  fc.nat({ max: 3 }).map((n) => ({
    id: `p${n}` as Id<"payloads">,
    bytes: 1_000 + n,
    type: "text",
    preview: `${n}`,
  })),
);
const values = fc.record({ input: value, output: value });

const inside = fc.record({
  values,
  name: fc.constantFrom("a", "b/then", "c[0]", "c[0]/d", "e"),
  kind: fc.constantFrom("code", "condition", "loop"),
  label: fc.constantFrom("A", "B"),
  branch: fc.constantFrom(null, "then"),
  loop: fc.constantFrom(null, {
    total: 2,
    completed: 1,
    failed: 1,
    running: 0,
  }),
});

/** Iterations of two loops, with gaps, in any order. */
const iterations = fc
  .uniqueArray(
    fc.record({
      loop: fc.constantFrom("all", "all[3]/inner"),
      index: fc.nat({ max: 260 }),
      label: fc.constantFrom(undefined, "named", "0"),
      values,
      inside: fc.uniqueArray(inside, {
        maxLength: 4,
        selector: ({ name }) => name,
      }),
    }),
    { maxLength: 40, selector: ({ loop, index }) => `${loop}[${index}]` },
  )
  .map((some) =>
    some.map((one): WholeIteration => {
      const own = one.label === undefined ? {} : { label: one.label };
      const first = iteration(one.loop, one.index, { ...one.values, ...own });
      const rest = one.inside.map(({ name, values: valuesInside, ...what }) =>
        step(`${first.key}/${name}`, {
          ...valuesInside,
          ...what,
          // The definition says it, so it is the same in each iteration.
          kind: name.startsWith("c[") ? "iteration" : "code",
          sequence: name.length,
        }),
      );
      return [first, ...rest];
    }),
  );

type Stored = ReturnType<typeof packIterations>[number];

function opened(rows: Stored[]): StepFields[] {
  return rows.flatMap((row, index) => {
    const _id = `row ${index}` as Id<"stepExecutions">;
    return stepsOf({ _id, _creationTime: 1, ...row }).map(
      ({ _id: _, _creationTime, ...fields }) => fields,
    );
  });
}

const byKey = (steps: readonly StepFields[]) =>
  new Map(steps.map((one) => [one.key, one]));
const many = (count: number, from = 0): WholeIteration[] =>
  Array.from({ length: count }, (_, n) => [
    iteration("all", from + n, { output: smallPayload("1") }),
    step(`all[${from + n}]/one`, { label: "one", output: smallPayload("1") }),
  ]);

describe("packed iterations", () => {
  it("open to what was packed, whatever they are", () => {
    fc.assert(
      fc.property(iterations, (whole) => {
        const steps = opened(packIterations(whole));
        expect(steps).toHaveLength(whole.flat().length);
        expect(byKey(steps)).toEqual(byKey(whole.flat()));
      }),
    );
  });

  it("stand for a range of indexes that reaches over no chunk and overlaps no other", () => {
    fc.assert(
      fc.property(iterations, (whole) => {
        const seen = new Set<string>();
        for (const { scope, sequence, packed } of packIterations(whole)) {
          const to = packed?.to ?? 0;
          expect(Math.floor((to - 1) / CHUNK)).toBe(
            Math.floor(sequence / CHUNK),
          );
          for (let index = sequence; index < to; index++) {
            expect(seen).not.toContain(`${scope}${index}`);
            seen.add(`${scope}${index}`);
          }
        }
        expect(seen.size).toBe(whole.length);
      }),
    );
  });

  it("of a loop of fifty are one row, which says what they share once", () => {
    const [row, ...others] = packIterations(many(50));
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      key: "all[0]",
      sequence: 0,
      packed: { to: 50 },
    });
    expect(row?.packed?.steps.length).toBeLessThan(50 * 25);
  });

  it("are at most 64 in a row, and fewer when they are large", () => {
    const ends = packIterations(many(130)).map(({ packed }) => packed?.to);
    expect(ends).toEqual([64, 100, 130]);
    const text = JSON.stringify("x".repeat(500));
    const large = many(100).map(([first, one]): WholeIteration => [
      first,
      { ...(one ?? first), input: smallPayload(text) },
    ]);
    expect(packIterations(large).length).toBeGreaterThan(1);
  });

  it("of different runs taken over are not mixed", () => {
    const other = { runId: "other" as Id<"workflowRuns">, number: 1 };
    const whole: WholeIteration[] = [
      [iteration("all", 0)],
      [iteration("all", 1, { reusedFrom: other })],
      [iteration("all", 2, { reusedFrom: other })],
    ];
    const rows = packIterations(whole);
    expect(rows.map(({ packed }) => packed?.to)).toEqual([1, 3]);
    expect(opened(rows)).toEqual(whole.flat());
  });

  it("are told apart again", () => {
    const rows = packIterations(many(3)).map((row) => ({
      _id: "row" as Id<"stepExecutions">,
      _creationTime: 1,
      ...row,
    }));
    const whole = byIteration(rows.flatMap(stepsOf));
    expect(whole.map((steps) => steps.map(({ key }) => key))).toEqual([
      ["all[0]", "all[0]/one"],
      ["all[1]", "all[1]/one"],
      ["all[2]", "all[2]/one"],
    ]);
  });
});

const roots = fc.uniqueArray(
  fc.record({
    values,
    name: fc.stringMatching(/^[a-z]{1,3}(\/[a-z]{1,3}){0,2}$/),
    kind: fc.constantFrom("code", "condition", "loop"),
    label: fc.constantFrom("A", "B"),
    sequence: fc.nat({ max: 200 }),
    branch: fc.constantFrom(null, "then"),
  }),
  { minLength: 1, maxLength: 30, selector: ({ name }) => name },
);

describe("steps in no loop", () => {
  it("are one row, which opens to what was packed", () => {
    fc.assert(
      fc.property(roots, (some) => {
        const [first, ...others] = some.map(({ name, values: own, ...what }) =>
          step(name, { ...own, ...what }),
        );
        if (first === undefined) return;
        const row = packRoots([first, ...others]);
        expect(row).toMatchObject({ key: "", scope: "" });
        expect(opened([row])).toEqual([first, ...others]);
      }),
    );
  });
});

describe("a row that is not packed", () => {
  it("is the one step", () => {
    const row: Doc<"stepExecutions"> = {
      _id: "row" as Id<"stepExecutions">,
      _creationTime: 1,
      ...storedStep(step("a")),
    };
    expect(stepsOf(row)).toEqual([
      { _id: "row", _creationTime: 1, ...step("a") },
    ]);
  });
});

describe("a step fits a pack", () => {
  it("unless the pack could not say all about it", () => {
    expect(fitsPack(step("all[0]/a"))).toBe(true);
    const unusual: Partial<StepFields>[] = [
      { state: { kind: "running" } },
      { state: { kind: "cancelled" } },
      { startedAt: 4 },
      { endedAt: 6 },
      { attempt: 2 },
      { maxAttempts: 3 },
      { interrupted: 1 },
      { pinned: true },
      { childRun: { runId, number: 1, workflowSlug: "a", attempt: 1 } },
    ];
    for (const other of unusual)
      expect(fitsPack(step("all[0]/a", other))).toBe(false);
  });
});
