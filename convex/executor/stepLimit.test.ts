/** A run has at most 50,000 step executions, which its loops count before they begin them. */
import { describe, expect, it } from "vitest";
import { api } from "../_generated/api";
import { present } from "../../tests/support/executor/present";
import { useExecutorInProcess } from "../../tests/support/executor/use-executor";

const executor = useExecutorInProcess();

const sleep = `.delay("nap", "1h")`;
const five = [1, 2, 3, 4, 5].map((n) => `.code("c${n}", () => 1)`).join("");
const loop = (options: string, body: string) =>
  `.loop("l", { ${options}, do: (flow) => flow${body} })`;

/** What a run that waits has counted so far; then it is cancelled. */
async function plannedOf(
  chain: string,
  input = {},
): Promise<number | undefined> {
  const runId = await executor.publishAndStart(chain, input);
  await executor.untilRun(runId, ({ state }) => state.kind === "waiting");
  await executor.client.mutation(api.workflowRuns.cancel, { runId });
  const rows = await executor.table("workflowRuns");
  return present(rows.find(({ _id }) => _id === runId)).planned;
}

describe("the limit of step executions", () => {
  it("refuses a loop that would go beyond it, before its first iteration", async () => {
    const { runId, error } = await executor.failureOf(
      `()${loop("times: 9000", five)}`,
    );
    expect(error).toMatchObject({ code: "too_many_steps" });
    expect(error?.message).toMatch(
      /Loop "l" would bring the run to 54,000 step executions; a run has at most 50,000\. .*run step.*maxIterations/,
    );
    expect(await executor.states(runId)).toEqual({ l: "failed" });
    expect(await executor.children(runId, "l")).toEqual([]);
  });

  it("counts all loops together, wherever they begin", async () => {
    const inner = `.loop("in", { times: 8000, do: (flow) => flow${sleep}.code("x", () => 1) })`;
    const { error, state } = await executor.failureOf(
      `()${loop("times: 3, concurrency: 3", inner)}`,
    );
    expect(error?.message).toMatch(/Loop "in" would bring the run to 72,006/);
    expect(state.error.stepKey).toBe("l[2]/in");
  });

  it("stops nothing when the failed loop may fail", async () => {
    const runId = await executor.publishAndStart(
      `().condition("try", { if: () => true, onError: "continue", then: (flow) => flow${loop("times: 9000", five)} }).code("after", () => "fine").output(({ steps }) => steps.after)`,
    );
    expect(await executor.outputOf(runId)).toBe("fine");
  });

  it("is for a loop at the top the number that it raised its iterations to", async () => {
    expect(
      await plannedOf(
        `()${loop("times: 12000, maxIterations: 20000", sleep + five)}`,
      ),
    ).toBeUndefined();
    const { error } = await executor.failureOf(
      `()${loop("times: 20001, maxIterations: 20000", five)}`,
    );
    expect(error?.code).toBe("too_many_iterations");
  });

  it.each([
    ["no loop", five + sleep, undefined],
    [
      "a loop with the smaller branch",
      loop(
        "times: 100",
        `.condition("c", { if: () => false, then: (flow) => flow${five}, else: (flow) => flow${sleep} })`,
      ),
      300,
    ],
    [
      "a loop with the larger branch",
      loop(
        "times: 100",
        `.condition("c", { if: () => true, then: (flow) => flow${sleep}${five} })`,
      ),
      206,
    ],
    [
      "a switch in a loop",
      loop(
        "times: 100",
        `.switch("s", { on: () => "b", cases: { a: (flow) => flow.code("x", () => 1), b: (flow) => flow${sleep}${five} } })`,
      ),
      207,
    ],
    [
      "a parallel in a loop",
      loop(
        "times: 100",
        `.parallel("p", { a: (flow) => flow${sleep}, b: (flow) => flow${five} })`,
      ),
      1_000,
    ],
    [
      "a loop that asks",
      `.loop("w", { while: ({ index }) => index < 230, do: (flow) => flow.code("x", () => 1) })${sleep}`,
      460,
    ],
    [
      "a loop that asks a round number of times",
      `.loop("w", { while: ({ index }) => index < 200, do: (flow) => flow.code("x", () => 1) })${sleep}`,
      400,
    ],
  ])("is counted with %s", async (_, chain, planned) => {
    expect(await plannedOf(`()${chain}`)).toBe(planned);
  });
});
