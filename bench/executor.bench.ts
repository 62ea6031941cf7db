/** How fast runs go, against the raw rate of durable commits, and what many of them cost. See `README.md` for the rows. */
import type { Row } from "./embedded/samples";
import { type Bench, withBench } from "./executor/bench";
import { iterations } from "./executor/loop-rows";
import { rates } from "./executor/rate-rows";
import { resident, SLOW_ANSWER_MS } from "./executor/stored-rows";
import { ANSWER_MS, inFlight, wake } from "./executor/wait-rows";
import { printRow, runParts } from "./parts";

const part =
  (measure: (bench: Bench) => Promise<Row[]>, delayMs?: number) =>
  async (): Promise<void> => {
    for (const row of await withBench(measure, delayMs))
      printRow("executor", row);
  };

await runParts({
  rate: part(rates),
  iteration: part(iterations),
  wake: part(wake),
  inflight: part(inFlight, ANSWER_MS),
  resident: part(resident, SLOW_ANSWER_MS),
});
process.exit(0);
