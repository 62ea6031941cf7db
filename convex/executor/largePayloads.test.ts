/**
 * Values as large as may be that turns make or take: they pass whole, through files, and one byte more is refused by name.
 * In this process, because on a busy machine they take longer than the second that a mutation of a deployment has.
 */
import { describe, expect, it } from "vitest";
import {
  errorOf,
  expectWhole,
  LARGE_TEST,
  LONGEST,
  textOf,
  TOO_LARGE,
} from "../../tests/support/executor/large-values";
import { useExecutorInProcess } from "../../tests/support/executor/use-executor";
import { MAX_PAYLOAD_BYTES } from "../model/payloads";

const executor = useExecutorInProcess();

describe("the output of a step in a turn", () => {
  const chain = (length: number) => `().code("large", () => ${textOf(length)})`;

  it("may be 16 MiB", LARGE_TEST, async () => {
    const runId = await executor.publishAndStart(chain(LONGEST));
    expect(await errorOf(executor, runId)).toBeNull();
    const { output } = await executor.step(runId, "large");
    const value = await expectWhole(executor, output, MAX_PAYLOAD_BYTES);
    expect(value === "x".repeat(LONGEST)).toBe(true);
  });

  it("may not be a byte larger", LARGE_TEST, async () => {
    const runId = await executor.publishAndStart(chain(LONGEST + 1));
    expect(await errorOf(executor, runId)).toMatchObject({
      ...TOO_LARGE,
      message: expect.stringMatching(/output is larger than 16 MiB/),
    });
  });
});

describe("the output of a run", () => {
  const chain = (length: number) =>
    `().code("a", () => 1).output(() => ${textOf(length)})`;

  it("may be 16 MiB", LARGE_TEST, async () => {
    const runId = await executor.publishAndStart(chain(LONGEST));
    const { error, output } = await executor.untilEnded(runId);
    expect(error).toBeNull();
    const value = await expectWhole(executor, output, MAX_PAYLOAD_BYTES);
    expect(value === "x".repeat(LONGEST)).toBe(true);
  });

  it("may not be a byte larger", LARGE_TEST, async () => {
    const runId = await executor.publishAndStart(chain(LONGEST + 1));
    expect(await errorOf(executor, runId)).toMatchObject(TOO_LARGE);
  });
});

describe("the input of a run", () => {
  const chain = `().code("length", ({ input }) => input.length)`;
  /** Function arguments may be 16 MiB together; the rest of them is small. */
  const longest = LONGEST - 1_024;

  it(
    "may be as large as what a function may be called with, and is read whole",
    LARGE_TEST,
    async () => {
      const runId = await executor.publishAndStart(chain, "x".repeat(longest));
      const run = await executor.untilEnded(runId);
      expect(run.error).toBeNull();
      const value = await expectWhole(executor, run.input, longest + 2);
      expect(value === "x".repeat(longest)).toBe(true);
      const { output } = await executor.step(runId, "length");
      expect(output?.preview).toBe(String(longest));
    },
  );

  it("may not be larger than 16 MiB", LARGE_TEST, async () => {
    const workflowId = await executor.publish(chain);
    await expect(
      executor.start(workflowId, "x".repeat(LONGEST + 1)),
    ).rejects.toThrow(/too large|larger than 16 MiB/);
    expect(await executor.table("workflowRuns")).not.toContainEqual(
      expect.objectContaining({ workflowId }),
    );
  });
});
