import type { GenericId } from "convex/values";
import { describe, expect, it } from "vitest";
import type { RunState, RunSummary } from "../../../convex/validators/runs";
import { viewFrozen } from "./frozen-runs";

const run = (
  number: number,
  state: RunState = { kind: "completed" },
): RunSummary => ({
  _id: `run ${number}` as GenericId<"workflowRuns">,
  number,
  workflowId: "w" as GenericId<"workflows">,
  workflowName: "Sync",
  workflowSlug: "sync",
  versionId: "v" as GenericId<"workflowVersions">,
  versionNumber: 1,
  state,
  startedBy: { kind: "manual", label: "Ada" },
  createdAt: number * 1_000,
  startedAt: null,
  endedAt: null,
  replayOf: null,
});
const numbers = (view: ReturnType<typeof viewFrozen>) =>
  view.rows.map(({ run: { number } }) => number);

describe("a frozen list of runs", () => {
  it("counts newer runs instead of showing them", () => {
    const view = viewFrozen([run(4), run(3), run(2)], [run(2)]);
    expect(numbers(view)).toEqual([2]);
    expect(view.fresh).toBe(2);
  });

  it("shows each run as it is now", () => {
    const view = viewFrozen([run(2)], [run(2, { kind: "running" })]);
    expect(view.rows[0]?.run.state.kind).toBe("completed");
  });

  it("keeps what no longer matches where it was, marked", () => {
    const view = viewFrozen([run(1)], [run(2), run(1)]);
    expect(view.rows.map((row) => row.stale)).toEqual([true, false]);
  });

  it("adds older runs that were loaded since", () => {
    const view = viewFrozen([run(2), run(1)], [run(2)]);
    expect(numbers(view)).toEqual([2, 1]);
    expect(view.fresh).toBe(0);
  });
});
