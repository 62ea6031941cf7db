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
import { printRow, runParts } from "./parts";

const part =
  (measure: (backend: MeasuredBackend) => Promise<Row[]>) =>
  async (): Promise<void> => {
    const backend = await startMeasuredBackend();
    try {
      for (const row of await measure(backend)) printRow("embedded", row);
    } finally {
      await backend.stop();
      backend.removeData();
    }
  };

await runParts({
  rate: part(mutationRate),
  latency: part(mutationLatency),
  reactive: part(commitToClient),
  fanout: part(fanout),
  disjoint: part(disjoint),
  sizes: part(sizes),
  subscriptions: part(subscriptions),
  soak: part(soak),
});
process.exit(0);
