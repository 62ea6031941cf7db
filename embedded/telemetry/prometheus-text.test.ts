import { describe, expect, it } from "vitest";
import { Histogram } from "./histogram";
import { PrometheusText } from "./prometheus-text";

describe("the Prometheus text", () => {
  it("names each metric once and lists its samples", () => {
    const text = new PrometheusText()
      .counter({ name: "a_total", help: "How many." }, 3)
      .gauge(
        { name: "b", help: "How deep." },
        { labels: { queue: 'x"y\\z\n' }, value: 1.5 },
      );
    expect(text.toString()).toBe(
      "# HELP a_total How many.\n# TYPE a_total counter\na_total 3\n" +
        '# HELP b How deep.\n# TYPE b gauge\nb{queue="x\\"y\\\\z\\n"} 1.5\n',
    );
  });
  it("has cumulative buckets that end with all observations", () => {
    const histogram = new Histogram([1, 2]);
    for (const value of [0.5, 1, 1.5, 9]) histogram.observe(value);
    const text = new PrometheusText()
      .histogram({ name: "h", help: "Sizes." }, { histogram })
      .toString();
    expect(text.split("\n").slice(2, -1)).toEqual([
      'h_bucket{le="1"} 2',
      'h_bucket{le="2"} 3',
      'h_bucket{le="+Inf"} 4',
      "h_sum 12",
      "h_count 4",
    ]);
  });
});
