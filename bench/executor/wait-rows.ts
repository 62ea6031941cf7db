/** Many runs that wait: for a time, and for answers. */
import type { Row } from "../embedded/samples";
import type { Bench } from "./bench";
import { completedRuns, lastEnd, startMany, untilNone } from "./many-runs";
import { oneHttp, sleeper } from "./shapes";

const ASLEEP = 10_000;
const DUE = 1_000;
const HOUR_MS = 3_600_000;
/** So that all that are due are asleep by then. */
const DUE_IN_MS = 20_000;

const REQUESTS = 2_000;
/** What all workers together execute at once, with the defaults of `effects/slots.ts`. */
const AT_ONCE = 256;
export const ANSWER_MS = 2_000;

/** From the time that a thousand of ten thousand are due until the last of them has ended. */
export async function wake({ deployment, supply }: Bench): Promise<Row[]> {
  const { url } = deployment;
  const all = await supply.publishForRuns(sleeper, ASLEEP);
  const due = all.splice(0, (all.length * DUE) / ASLEEP);
  const later = { input: { until: Date.now() + HOUR_MS }, runs: ASLEEP - DUE };
  await startMany(url, all, later);
  const until = Date.now() + DUE_IN_MS;
  await startMany(url, due, { input: { until }, runs: DUE });
  if (Date.now() > until) throw new Error("Not all were asleep in time");
  await untilNone(due, "waiting");
  const seconds = (lastEnd(await completedRuns(due)) - until) / 1000;
  return [{ name: "wake_1000_s", unit: "s", samples: [seconds] }];
}

/** From the first start until the last answer is stored, over the time that the answers take with every slot full. */
export async function inFlight(bench: Bench): Promise<Row[]> {
  const { deployment, supply, targetUrl } = bench;
  const supplied = await supply.publishForRuns(oneHttp(targetUrl), REQUESTS);
  const start = Date.now();
  await startMany(deployment.url, supplied, { runs: REQUESTS, input: {} });
  await untilNone(supplied, "running");
  const end = lastEnd(await completedRuns(supplied));
  const rounds = Math.ceil(REQUESTS / AT_ONCE);
  const samples = [(end - start) / (rounds * ANSWER_MS)];
  return [{ name: "inflight_2000_vs_ideal", unit: "ratio", samples }];
}
