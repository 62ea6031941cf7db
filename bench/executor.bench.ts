/** Runs a second and their median time, for three shapes of workflow, and against the raw rate of durable commits. */
import { startDeployment } from "../tests/support/deployment";
import { startHttpTarget } from "../tests/support/http-target";
import type { Id } from "../convex/_generated/dataModel";
import {
  addOrganization,
  createWorkspace,
  publishWorkflow,
  type Workspace,
} from "../tests/support/workspace";
import { rawCommitsPerSecond } from "./raw-commits";
import { median, report, spreadOf } from "./report";
import { RunDriver } from "./run-driver";

const topic = "executor";
const inFlight = 16;
const repeats = 3;
const windowMs = Number(process.env["BENCH_WINDOW_MS"] ?? 5000);

const head = `import { workflow, z } from "lockstep";\n\nexport default workflow({ input: z.object({}) })`;

function sources(port: number): Record<string, string> {
  const url = `"http://127.0.0.1:${port}/"`;
  return {
    chain5: `${head}
  .code("a", () => 1)
  .code("b", ({ steps }) => steps.a + 1)
  .code("c", ({ steps }) => steps.b + 1)
  .code("d", ({ steps }) => steps.c + 1)
  .code("e", ({ steps }) => steps.d + 1)
  .output(({ steps }) => steps.e);
`,
    fan50: `${head}
  .code("numbers", () => Array.from({ length: 50 }, (_, index) => index))
  .loop("squares", {
    each: ({ steps }) => steps.numbers,
    concurrency: 10,
    do: (flow) => flow.code("square", ({ item }) => item * item),
  })
  .code("sum", ({ steps }) => steps.squares.reduce((sum, square) => sum + square, 0))
  .output(({ steps }) => steps.sum);
`,
    http3: `${head}
  .http("first", { request: () => ({ url: ${url} }) })
  .http("second", { request: () => ({ url: ${url} }) })
  .http("third", { request: () => ({ url: ${url} }) })
  .output(({ steps }) => steps.third.status);
`,
  };
}

async function main(): Promise<void> {
  const allRaw: number[] = [];
  const target = await startHttpTarget();
  const deployment = await startDeployment({ demoPort: target.port });
  try {
    const workspace = await createWorkspace(deployment.url);
    const driver = new RunDriver(deployment.url, workspace);
    for (const [name, source] of Object.entries(sources(target.port))) {
      const lanes = await publishForLanes(workspace, name, source);
      await driver.measure(lanes, windowMs / 4);
      const rates: number[] = [];
      const p50s: number[] = [];
      const ratios: number[] = [];
      for (let i = 0; i < repeats; i += 1) {
        const raw = rawCommitsPerSecond(500);
        const result = await driver.measure(lanes, windowMs);
        rates.push(result.runsPerSecond);
        p50s.push(median(result.latenciesMs));
        ratios.push(result.runsPerSecond / raw);
        allRaw.push(raw);
      }
      measured(`${name}_runs_per_s`, rates, "runs/s");
      measured(`${name}_p50_ms`, p50s, "ms");
      measured(`${name}_vs_raw`, ratios, "runs/commit");
    }
    measured("raw_commits_per_s", allRaw, "commits/s");
    await driver.close();
  } finally {
    await deployment.stop();
    await target.stop();
  }
}

/** The same workflow in an organization for each lane: starting runs by hand is rate-limited by organization. */
async function publishForLanes(
  workspace: Workspace,
  name: string,
  source: string,
): Promise<Id<"workflows">[]> {
  const ids: Id<"workflows">[] = [];
  for (let lane = 1; lane <= inFlight; lane += 1) {
    const own = await addOrganization(workspace, `${name} ${lane}`);
    ids.push(await publishWorkflow(own, name, source));
  }
  return ids;
}

function measured(name: string, samples: number[], unit: string): void {
  report({
    topic,
    name,
    value: median(samples),
    unit,
    n: samples.length,
    spread: spreadOf(samples),
  });
}

await main();
process.exit(0);
