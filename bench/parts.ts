/** Parts of a bench, and their rows. */
import type { Row } from "./embedded/samples";
import { median, report, spreadOf } from "./report";

/** One after the other; `BENCH_PARTS=rate,soak` runs only these. */
export async function runParts(parts: {
  [name: string]: () => Promise<void>;
}): Promise<void> {
  const names = process.env["BENCH_PARTS"]?.split(",") ?? Object.keys(parts);
  const wanted = names.map((name) => {
    const part = parts[name];
    if (part !== undefined) return part;
    throw new Error(
      `BENCH_PARTS: there is no part "${name}"; there are ${Object.keys(parts).join(", ")}`,
    );
  });
  for (const part of wanted) await part();
}

export function printRow(topic: string, { name, unit, samples }: Row): void {
  report({
    topic,
    name,
    unit,
    value: median(samples),
    n: samples.length,
    spread: spreadOf(samples),
  });
}
