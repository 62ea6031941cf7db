import { beforeAll, describe, expect, it } from "vitest";
import { present } from "../../tests/support/executor/present";
import type { Doc, Id } from "../_generated/dataModel";
import { compile } from "../language/compile";
import type { Graph } from "../language/graph";
import { type WholeStep, wholeStep } from "./stepFields";
import { toStepRow } from "./stepRows";

const SOURCE = `import { workflow } from "lockstep";
export default workflow()
  .loop("all", {
    times: 2,
    do: (flow) => flow.code("each", ({ index }) => index),
  });`;

let graph: Graph;
beforeAll(async () => {
  const compiled = await compile(SOURCE);
  graph = present(compiled.ok ? compiled.graph : undefined);
});

function rowOf(
  key: string,
  other: Partial<Doc<"stepExecutions">> = {},
): WholeStep {
  return wholeStep({
    _id: "step" as Id<"stepExecutions">,
    _creationTime: 1,
    runId: "run" as Id<"workflowRuns">,
    key,
    scope: "",
    sequence: 0,
    kind: "code",
    label: key,
    state: { kind: "completed" },
    createdAt: 5,
    ...other,
  });
}

describe("where a step is defined", () => {
  it("is what the run's version says, in every iteration", () => {
    expect(toStepRow(rowOf("all[1]/each"), graph).source?.line).toBe(5);
    expect(toStepRow(rowOf("all", { kind: "loop" }), graph).source?.line).toBe(
      3,
    );
  });

  it("is nowhere for an iteration", () => {
    const iteration = rowOf("all[1]", { kind: "iteration" });
    expect(toStepRow(iteration, graph).source).toBeNull();
  });

  it("is nowhere for a step that a replay took over and the version has no more", () => {
    expect(toStepRow(rowOf("gone"), graph).source).toBeNull();
  });

  it("is the version's for older rows, which say it themselves", () => {
    const source = { line: 5, column: 1, endLine: 5, endColumn: 9 };
    const shown = toStepRow(rowOf("all[0]/each", { source }), graph);
    expect(shown).toEqual(toStepRow(rowOf("all[0]/each"), graph));
  });
});
