/** Values as large as may be. */
import { expect } from "vitest";
import { MAX_PAYLOAD_BYTES } from "../../../convex/model/payloads";
import type { StepRow } from "../../../convex/validators/steps";
import type { ExecutorHarness, RunId } from "./executor-harness";
import { present } from "./present";

/** Of the text whose JSON is as large as may be: it has two quotes. */
export const LONGEST = MAX_PAYLOAD_BYTES - 2;
export const TOO_LARGE = { code: "payload_too_large" };
export const LARGE_TEST = { timeout: 120_000 };

/** In a workflow. */
export const textOf = (length: number) => `"x".repeat(${length})`;

/** Rows have the beginning; the value comes whole. */
export async function expectWhole(
  executor: ExecutorHarness,
  ref: StepRow["output"],
  bytes: number,
): Promise<unknown> {
  const { id, preview, ...described } = present(ref);
  expect(id).not.toBeNull();
  expect(preview).toHaveLength(200);
  expect(described.bytes).toBe(bytes);
  return await executor.value(ref);
}

export async function errorOf(executor: ExecutorHarness, runId: RunId) {
  return (await executor.untilEnded(runId)).error;
}
