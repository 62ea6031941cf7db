/** What the embedded backend costs: rates, latencies, work per commit, memory. See `README.md` for the rows. */
import { mutationLatency, mutationRate } from "./embedded/mutation-rows";
import {
  startMeasuredBackend,
  type MeasuredBackend,
} from "./embedded/measured-backend-child";
import { soak, subscriptions } from "./embedded/memory-rows";
import { commitToClient, disjoint, fanout } from "./embedded/reactive-rows";
import { sizes } from "./embedded/size-rows";
import type { Row } from "./embedded/samples";
import { median, report, spreadOf } from "./report";

type Part = (backend: MeasuredBackend) => Promise<Row[]>;

const parts: { [name: string]: Part } = {
  rate: mutationRate,
  latency: mutationLatency,
  reactive: commitToClient,
  fanout,
  disjoint,
  sizes,
  subscriptions,
  soak,
};

async function main(): Promise<void> {
  for (const part of wanted()) {
    const backend = await startMeasuredBackend();
    try {
      for (const row of await part(backend)) print(row);
    } finally {
      await backend.stop();
      backend.removeData();
    }
  }
}

/** `BENCH_PARTS=rate,soak` runs only these. */
function wanted(): Part[] {
  const names = process.env["BENCH_PARTS"]?.split(",") ?? Object.keys(parts);
  return names.map((name) => {
    const part = parts[name];
    if (part !== undefined) return part;
    throw new Error(
      `BENCH_PARTS: there is no part "${name}"; there are ${Object.keys(parts).join(", ")}`,
    );
  });
}

function print({ name, unit, samples }: Row): void {
  report({
    topic: "embedded",
    name,
    unit,
    value: median(samples),
    n: samples.length,
    spread: spreadOf(samples),
  });
}

await main();
process.exit(0);
