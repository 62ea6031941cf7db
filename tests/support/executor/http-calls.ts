/** Steps that call the server of a test. */
import type { ExecutorHarness, RunId } from "./executor-harness";

export const call = (options = "") =>
  `.http("call", { request: () => ({ url: "$server/call" }), ${options} })`;

export const QUICK =
  'retry: { maxAttempts: 3, backoff: "fixed", initialDelay: "20ms" }';

/** A server that takes a request and says nothing. */
export const never = () => undefined;

export async function attemptsOf(
  executor: ExecutorHarness,
  runId: RunId,
  key = "call",
) {
  return await executor.attempts(await executor.step(runId, key));
}
