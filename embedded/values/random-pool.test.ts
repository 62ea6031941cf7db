import { describe, expect, it } from "vitest";
import { RandomPool } from "./random-pool";

describe("the pool of random bytes", () => {
  it("never gives the same bytes twice, across many refills", () => {
    const pool = new RandomPool();
    const seen = new Set<string>();
    for (let i = 0; i < 5000; i += 1)
      seen.add(Buffer.from(pool.bytes(16)).toString("hex"));
    expect(seen.size).toBe(5000);
  });
  it("never gives a piece of it twice, short or long", () => {
    const pool = new RandomPool();
    const seen = new Set<string>();
    let pieces = 0;
    for (const length of [8, 64, 65, 200, 72, 8000, 16])
      for (let i = 0; i < 200; i += 1) {
        const bytes = Buffer.from(pool.bytes(length));
        for (let at = 0; at + 8 <= length; at += 8, pieces += 1)
          seen.add(bytes.toString("hex", at, at + 8));
      }
    expect(seen.size).toBe(pieces);
  });
  it("gives as many as are asked for", () => {
    const pool = new RandomPool();
    for (const length of [0, 1, 8191, 8192, 8193, 20_000])
      expect(pool.bytes(length)).toHaveLength(length);
  });
});
