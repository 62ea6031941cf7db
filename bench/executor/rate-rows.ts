/** Runs a second and how long one takes, for three shapes of workflow. */
import type { Id } from "../../convex/_generated/dataModel";
import type { Row } from "../embedded/samples";
import { rawCommitsPerSecond } from "../raw-commits";
import { median } from "../report";
import { RunDriver } from "../run-driver";
import type { Bench } from "./bench";
import { shapes } from "./shapes";

const IN_FLIGHT = 16;
/** So many take turns in a lane that the rate limit by organization is not what is measured. */
const WORKFLOWS_PER_LANE = 4;
const REPEATS = 3;
const WINDOW_MS = Number(process.env["BENCH_WINDOW_MS"] ?? 5000);

export async function rates(bench: Bench): Promise<Row[]> {
  const driver = new RunDriver(bench.deployment.url, bench.supply.owner);
  const rows: Row[] = [];
  const raw: number[] = [];
  for (const [name, source] of Object.entries(shapes))
    rows.push(
      ...(await shapeRows(name, {
        driver,
        raw,
        lanes: await lanesOf(bench, source(bench.targetUrl)),
      })),
    );
  await driver.close();
  return [
    ...rows,
    { name: "raw_commits_per_s", unit: "commits/s", samples: raw },
  ];
}

async function lanesOf(
  { supply }: Bench,
  source: string,
): Promise<Id<"workflows">[][]> {
  const supplied = await supply.publish(source, IN_FLIGHT * WORKFLOWS_PER_LANE);
  return Array.from({ length: IN_FLIGHT }, (_, lane) =>
    supplied
      .filter((_, index) => index % IN_FLIGHT === lane)
      .map(({ workflowId }) => workflowId),
  );
}

async function shapeRows(
  name: string,
  part: { driver: RunDriver; lanes: Id<"workflows">[][]; raw: number[] },
): Promise<Row[]> {
  const { driver, lanes, raw } = part;
  const rows = {
    rate: {
      name: `${name}_runs_per_s`,
      unit: "runs/s",
      samples: [] as number[],
    },
    busy: { name: `${name}_busy_p50_ms`, unit: "ms", samples: [] as number[] },
    alone: { name: `${name}_p50_ms`, unit: "ms", samples: [] as number[] },
    ratio: {
      name: `${name}_vs_raw`,
      unit: "runs/commit",
      samples: [] as number[],
    },
  };
  await driver.measure(lanes, WINDOW_MS / 4);
  for (let i = 0; i < REPEATS; i += 1) {
    const commits = rawCommitsPerSecond(500);
    const busy = await driver.measure(lanes, WINDOW_MS);
    const alone = await driver.measure([lanes.flat()], WINDOW_MS / 2);
    raw.push(commits);
    rows.rate.samples.push(busy.runsPerSecond);
    rows.busy.samples.push(median(busy.latenciesMs));
    rows.alone.samples.push(median(alone.latenciesMs));
    rows.ratio.samples.push(busy.runsPerSecond / commits);
  }
  return Object.values(rows);
}
