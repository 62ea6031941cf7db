/**
 * Steps that must fail. Whoever wrote one sees a named error, what and where; what was there before stays, and the next run
 * is not touched.
 */
import { beforeAll, expect } from "vitest";
import type { Id } from "../../../convex/_generated/dataModel";
import type { ExecutorHarness } from "./executor-harness";
import { useExecutorInProcess } from "./use-executor";

export type BadStep = [
  what: string,
  step: string,
  code: string,
  message: RegExp,
  line: number | null,
];

export const badCode = (body: string): string =>
  `.code("bad", () => { ${body} })`;
export const badAction = (body: string): string =>
  `.action("bad", async ({ fetch }) => { ${body} }, { retry: { maxAttempts: 1 } })`;

/** The step `bad` in line 4 of the source, behind one that has completed. */
const behindAnother = (step: string) =>
  `()\n.code("before", () => "kept")\n${step}`;

export function useBadSteps() {
  const executor: ExecutorHarness = useExecutorInProcess();
  let healthy: Id<"workflows">;
  beforeAll(async () => {
    healthy = await executor.publish(
      `().code("sum", () => 1 + 1).output(({ steps }) => steps.sum)`,
    );
  });

  async function failureOf(step: string) {
    const source = behindAnother(step);
    const { runId, error, state } = await executor.failureOf(source);
    expect(state.error.stepKey).toBe("bad");
    const before = await executor.step(runId, "before");
    expect(await executor.value(before.output)).toBe("kept");
    expect((await executor.states(runId))["bad"]).toBe("failed");
    expect(await executor.outputOf(await executor.start(healthy))).toBe(2);
    const frame = error?.frames?.[0];
    return { ...error, line: frame?.line ?? null };
  }

  async function expectFailure([, step, code, message, line]: BadStep) {
    const error = await failureOf(step);
    expect(error.message).toMatch(message);
    expect({ code: error.code, line: error.line }).toEqual({ code, line });
  }

  return { executor, failureOf, expectFailure };
}
