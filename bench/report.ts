/** How benches report: lines for people, or with `--json` one JSON object a line. */
export interface Measurement {
  topic: string;
  name: string;
  value: number;
  unit: string;
  /** How many samples `value` is the median of. */
  n: number;
  /** (largest − smallest) ÷ median of the samples. */
  spread: number;
}

const asJson = process.argv.includes("--json");

export function report(measurement: Measurement): void {
  const { topic, name, value, unit, n, spread } = measurement;
  const rounded = Number(value.toPrecision(4));
  if (asJson) {
    console.log(
      JSON.stringify({
        ...measurement,
        value: rounded,
        spread: Number(spread.toPrecision(3)),
      }),
    );
    return;
  }
  const left = `${topic}  ${name}`.padEnd(32);
  console.log(
    `${left} ${String(rounded).padStart(10)} ${unit.padEnd(12)} n=${n} spread ${(spread * 100).toFixed(0)}%`,
  );
}

export function median(samples: number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new Error("no samples");
  return sorted.length % 2 === 1
    ? upper
    : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

export function spreadOf(samples: number[]): number {
  return (Math.max(...samples) - Math.min(...samples)) / median(samples);
}
