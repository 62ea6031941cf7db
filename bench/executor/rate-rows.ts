/** Runs a second and how long one takes: of three workflows, and of what one of them does without the executor. */
import { ConvexClient } from "convex/browser";
import { api } from "../../convex/_generated/api";
import { repeat, type Row } from "../embedded/samples";
import { rawCommitsPerSecond } from "../raw-commits";
import { median } from "../report";
import { withBareRuns } from "./bare-runs";
import type { Bench } from "./bench";
import { measureRuns, type OneRun, untilCompleted } from "./measured-runs";
import { shapes } from "./shapes";
import { inTurn } from "./supply";

const IN_FLIGHT = 16;
/** So many that the rate limit by organization is not what is measured. */
const WORKFLOWS = 64;
const REPEATS = 3;
const WINDOW_MS = Number(process.env["BENCH_WINDOW_MS"] ?? 5000);
/** A new backend, whose code is not compiled yet, runs at a fifth of its speed at first. */
const WARM_UP_MS = WINDOW_MS * 2;
const RAW_MS = 500;

interface RateWindow {
  runsPerSecond: number;
  busyP50Ms: number;
  aloneP50Ms: number;
  rawPerSecond: number;
}

export async function rates(bench: Bench): Promise<Row[]> {
  const measured = await workflowWindows(bench);
  measured["bare3"] = await withBareRuns(bench.targetUrl, windowsOf);
  const raw = Object.values(measured)
    .flat()
    .map(({ rawPerSecond }) => rawPerSecond);
  return [
    ...Object.entries(measured).flatMap(([name, windows]) =>
      rowsOf(name, windows),
    ),
    { name: "raw_commits_per_s", unit: "commits/s", samples: raw },
  ];
}

async function workflowWindows({
  deployment,
  supply,
  targetUrl,
}: Bench): Promise<{ [shape: string]: RateWindow[] }> {
  const client = new ConvexClient(deployment.url);
  client.setAuth(async () => supply.owner.token);
  const measured: { [shape: string]: RateWindow[] } = {};
  for (const [name, source] of Object.entries(shapes)) {
    const supplied = await supply.publish(source(targetUrl), WORKFLOWS);
    const next = inTurn(supplied);
    measured[name] = await windowsOf(async () => {
      const start = { workflowId: next(), input: "{}" };
      const { runId } = await client.mutation(api.workflowRuns.create, start);
      await untilCompleted(client, api.workflowRuns.get, runId);
    });
  }
  await client.close();
  return measured;
}

async function windowsOf(oneRun: OneRun): Promise<RateWindow[]> {
  await measureRuns(oneRun, { inFlight: IN_FLIGHT, windowMs: WARM_UP_MS });
  return await repeat(REPEATS, () => oneWindow(oneRun));
}

/** The rate of raw commits changes within seconds, so it is measured on both sides of what is divided by it. */
async function oneWindow(oneRun: OneRun): Promise<RateWindow> {
  const before = rawCommitsPerSecond(RAW_MS);
  const busy = await measureRuns(oneRun, {
    inFlight: IN_FLIGHT,
    windowMs: WINDOW_MS,
  });
  const after = rawCommitsPerSecond(RAW_MS);
  const alone = await measureRuns(oneRun, {
    inFlight: 1,
    windowMs: WINDOW_MS / 2,
  });
  return {
    runsPerSecond: busy.runsPerSecond,
    busyP50Ms: median(busy.latenciesMs),
    aloneP50Ms: median(alone.latenciesMs),
    rawPerSecond: (before + after) / 2,
  };
}

function rowsOf(name: string, windows: RateWindow[]): Row[] {
  const row = (
    suffix: string,
    unit: string,
    of: (w: RateWindow) => number,
  ) => ({
    name: `${name}_${suffix}`,
    unit,
    samples: windows.map(of),
  });
  return [
    row("runs_per_s", "runs/s", (w) => w.runsPerSecond),
    row("busy_p50_ms", "ms", (w) => w.busyP50Ms),
    row("p50_ms", "ms", (w) => w.aloneP50Ms),
    row("vs_raw", "runs/commit", (w) => w.runsPerSecond / w.rawPerSecond),
  ];
}
