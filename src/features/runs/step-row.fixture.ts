import type { StepRow } from "../../../convex/validators/steps";

/** A completed step that took a second, for tests. */
export function stepRow(key: string, fields: Partial<StepRow> = {}): StepRow {
  return {
    key,
    parentKey: null,
    sequence: 0,
    kind: "code",
    label: key,
    state: { kind: "completed" },
    attempt: 1,
    maxAttempts: 1,
    createdAt: 0,
    startedAt: 0,
    endedAt: 1_000,
    source: null,
    input: null,
    output: null,
    loop: null,
    branch: null,
    ...fields,
  };
}
