/** The Prometheus text format, version 0.0.4. */
import type { Histogram } from "./histogram";

export const PROMETHEUS_CONTENT_TYPE =
  "text/plain; version=0.0.4; charset=utf-8";

type Labels = { readonly [name: string]: string };
/** A value with its labels, or alone. */
export type Sample = number | { labels: Labels; value: number };
type Header = { name: string; help: string };

/** Collects metrics in the order they are added. */
export class PrometheusText {
  readonly #lines: string[] = [];

  counter(header: Header, ...samples: Sample[]): this {
    return this.#add("counter", header, samples);
  }

  gauge(header: Header, ...samples: Sample[]): this {
    return this.#add("gauge", header, samples);
  }

  histogram(
    header: Header,
    ...series: { labels?: Labels; histogram: Histogram }[]
  ): this {
    this.#describe("histogram", header);
    for (const { labels = {}, histogram } of series)
      this.#series(header.name, labels, histogram);
    return this;
  }

  toString(): string {
    return `${this.#lines.join("\n")}\n`;
  }

  #add(type: string, header: Header, samples: readonly Sample[]): this {
    this.#describe(type, header);
    for (const sample of samples) {
      const { labels, value } =
        typeof sample === "number" ? { labels: {}, value: sample } : sample;
      this.#line(header.name, labels, value);
    }
    return this;
  }

  #describe(type: string, { name, help }: Header): void {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  }

  /** Buckets are cumulative on the wire. */
  #series(name: string, labels: Labels, histogram: Histogram): void {
    let total = 0;
    for (const [index, count] of histogram.counts.entries()) {
      total += count;
      const bound = histogram.bounds[index];
      const le = bound === undefined ? "+Inf" : String(bound);
      this.#line(`${name}_bucket`, { ...labels, le }, total);
    }
    this.#line(`${name}_sum`, labels, histogram.sum);
    this.#line(`${name}_count`, labels, total);
  }

  #line(name: string, labels: Labels, value: number): void {
    const pairs = Object.entries(labels).map(
      ([label, text]) => `${label}="${escaped(text)}"`,
    );
    const suffix = pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
    this.#lines.push(`${name}${suffix} ${value}`);
  }
}

function escaped(text: string): string {
  return text
    .replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\n")
    .replaceAll('"', '\\"');
}
