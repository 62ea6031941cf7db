import { describe, expect, it } from "vitest";
import type { Id } from "../../_generated/dataModel";
import type { StepFields } from "../../model/stepFields";
import { rootsToPack } from "./packable";

type Step = { id: string | null; isDirty: boolean; fields: StepFields };

function step(key: string, other: Partial<StepFields> = {}): Step {
  const fields: StepFields = {
    ...{ key, label: key, kind: "code", parentKey: null, scope: "" },
    runId: "run" as Id<"workflowRuns">,
    state: { kind: "completed" },
    ...{ sequence: 0, attempt: 1, maxAttempts: 1, interrupted: 0 },
    ...{ createdAt: 5, startedAt: 5, endedAt: 5 },
    ...{ input: null, output: null, error: null, loop: null, branch: null },
    ...other,
  };
  return { id: null, isDirty: true, fields };
}

function packed(steps: Step[], needsRow = (_: string) => false) {
  const byKey = new Map(steps.map((one) => [one.fields.key, one]));
  return rootsToPack(byKey, needsRow)?.map(({ fields }) => fields.key) ?? null;
}

const [a, b] = [step("a"), step("b")];

describe("the steps in no loop of a whole run", () => {
  it("share a row when all of them can", () => {
    const inLoop = step("all[0]/c", { scope: "all[0]" });
    expect(packed([a, b, inLoop])).toEqual(["a", "b"]);
  });

  it.each<[string, Step]>([
    ["has a row", { ...b, id: "row" }],
    ["was packed before", { ...b, isDirty: false }],
    ["did not complete", step("b", { state: { kind: "cancelled" } })],
    ["is an effect", step("b", { kind: "http" })],
    ["took time", step("b", { endedAt: 6 })],
  ])("do not when one %s", (_, other) => {
    expect(packed([a, other])).toBeNull();
  });

  it("do not when one has logged, or is alone", () => {
    expect(packed([a, b], (key) => key === "b")).toBeNull();
    expect(packed([a])).toBeNull();
  });
});
