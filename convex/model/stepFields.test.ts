import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Doc, Id } from "../_generated/dataModel";
import { type StepFields, storedStep, wholeStep } from "./stepFields";

const id = "step" as Id<"stepExecutions">;
const runId = "run" as Id<"workflowRuns">;
const system = { _id: id, _creationTime: 1 };

const plain: StepFields = {
  runId,
  key: "a",
  parentKey: null,
  scope: "",
  sequence: 0,
  kind: "code",
  label: "a",
  state: { kind: "completed" },
  attempt: 1,
  maxAttempts: 1,
  interrupted: 0,
  createdAt: 5,
  startedAt: 5,
  endedAt: null,
  input: null,
  output: null,
  error: null,
  loop: null,
  branch: null,
};

const payload = { id: null, bytes: 1, type: "number", preview: "1" };
const unusual = fc.record({
  parentKey: fc.constantFrom(null, "loop[1]"),
  attempt: fc.constantFrom(1, 2),
  maxAttempts: fc.constantFrom(1, 3),
  interrupted: fc.constantFrom(0, 1),
  startedAt: fc.constantFrom(null, 5, 6),
  endedAt: fc.constantFrom(null, 5, 7),
  input: fc.constantFrom(null, payload),
  output: fc.constantFrom(null, payload),
  branch: fc.constantFrom(null, "then"),
});

function read(row: Omit<Doc<"stepExecutions">, "_id" | "_creationTime">) {
  const { _id, _creationTime, ...fields } = wholeStep({ ...row, ...system });
  return fields;
}

describe("the row of a step", () => {
  it("gives every field back, however unusual", () => {
    fc.assert(
      fc.property(unusual, (some) => {
        const fields = { ...plain, ...some };
        expect(read(storedStep(fields))).toEqual(fields);
      }),
    );
  });

  it("says nothing that is usual", () => {
    expect(Object.keys(storedStep(plain))).toEqual([
      "createdAt",
      "key",
      "kind",
      "label",
      "runId",
      "scope",
      "sequence",
      "state",
    ]);
  });

  it("from before fields were left out is read as it is", () => {
    expect(read(plain)).toEqual(plain);
  });

  it("keeps what only some steps have", () => {
    const pinned = { ...plain, pinned: true as const };
    expect(read(storedStep(pinned))).toEqual(pinned);
  });
});
