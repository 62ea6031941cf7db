/** What many runs cost in memory. */
import type { Row } from "../embedded/samples";
import type { Bench } from "./bench";
import { startMany } from "./many-runs";
import { oneCode, oneHttp } from "./shapes";

const STORED = Number(process.env["BENCH_STORED_RUNS"] ?? 100_000);
const ACTIVE = 1_000;
/** Within the time limit of a step, and longer than the bench looks. */
export const SLOW_ANSWER_MS = 55_000;

/** The process that has executed them all, with the last thousand still under way. */
export async function resident(bench: Bench): Promise<Row[]> {
  const { deployment, supply, targetUrl } = bench;
  const { url } = deployment;
  const done = STORED - ACTIVE;
  const stored = await supply.publishForRuns(oneCode, done);
  await startMany(url, stored, { runs: done, input: {} });
  const slow = await supply.publish(oneHttp(targetUrl), stored.length);
  await startMany(url, slow, { runs: ACTIVE, input: {} });
  const samples = [deployment.residentKib() / 1024];
  return [{ name: "resident_100k_mib", unit: "MiB", samples }];
}
