import { describe, expect, it } from "vitest";
import { fresh, type Calls } from "../calls";

const YEAR_MS = 365 * 24 * 3_600_000;

export function limitsSuite(calls: () => Calls): void {
  const mutation = (name: string, args: Parameters<Calls["query"]>[1]) =>
    calls().mutation(`limits:${name}`, args);
  const query = (name: string, args: Parameters<Calls["query"]>[1] = {}) =>
    calls().query(`limits:${name}`, args);

  // On a busy machine a function's second may be over before the limit it is asked about.
  describe("limits", { retry: 2 }, () => {
    it("of a document: its size, depth, arrays and fields", async () => {
      await mutation("largeDocument", { bytes: 1_000_000 });
      await expect(
        mutation("largeDocument", { bytes: 1_048_576 }),
      ).rejects.toThrow(/Value is too large \(.+ > maximum size 1 MiB\)/);
      await mutation("deep", { levels: 14 });
      await expect(mutation("deep", { levels: 16 })).rejects.toThrow(
        /too nested \(nested \d+ levels deep > maximum nesting 16\)/,
      );
      await mutation("longArray", { length: 8_192 });
      await expect(mutation("longArray", { length: 8_193 })).rejects.toThrow(
        /Array length is too long \(8193 > maximum length 8192\)/,
      );
      await mutation("wideObject", { fields: 1_024 });
      await expect(mutation("wideObject", { fields: 1_025 })).rejects.toThrow(
        /Object has too many fields \(1025 > maximum number 1024\)/,
      );
    });
    it("of a mutation: documents and bytes written", async () => {
      await expect(
        mutation("writeMany", { run: fresh("many"), count: 16_001 }),
      ).rejects.toThrow(
        /Too many writes in a single function execution \(limit: 16000\)/,
      );
      await expect(
        mutation("writeBytes", { run: fresh("bytes"), count: 17 }),
      ).rejects.toThrow(
        /Too many bytes written in a single function execution \(limit: 16 MiB\)/,
      );
    });
    it("of reading: documents and index ranges", async () => {
      const run = fresh("read");
      for (const part of [11_000, 11_000, 9_999])
        await calls().mutation("documents:addRows", {
          run,
          from: 0,
          count: part,
        });
      expect(await query("readRows", { run })).toBeNull();
      await mutation("writeMany", { run, count: 2 });
      await expect(query("readRows", { run })).rejects.toThrow(
        /Too many documents read in a single function execution \(limit: 32000\)/,
      );
      await expect(query("manyRanges", { count: 4_097 })).rejects.toThrow(
        /Too many reads in a single function execution \(limit: 4096\)/,
      );
    });
    it("of scheduling: how many and how far ahead", async () => {
      await expect(mutation("scheduleMany", { count: 1_001 })).rejects.toThrow(
        /Too many functions scheduled by this mutation \(limit: 1000\)/,
      );
      await expect(
        mutation("scheduleAt", { ms: Date.now() + 6 * YEAR_MS }),
      ).rejects.toThrow(/more than 5 years in the future/);
      await expect(
        mutation("scheduleAt", { ms: Date.now() - 6 * YEAR_MS }),
      ).rejects.toThrow(/more than 5 years in the past/);
    });
    it("of what a function returns and is given", async () => {
      await expect(
        query("returnLarge", { bytes: 16 * 1024 * 1024 + 1 }),
      ).rejects.toThrow(
        /Function limits\.js:returnLarge return value is too large \(actual: .+, limit: 16 MiB\)/,
      );
      await expect(
        calls().query("things:echo", { value: "x".repeat(16 * 1024 * 1024) }),
      ).rejects.toThrow(
        /Arguments for things\.js:echo are too large \(actual: .+, limit: 16 MiB\)/,
      );
    });
    it("of time: a query that never ends, in either way", async () => {
      await expect(query("spin")).rejects.toThrow(
        /Function execution timed out \(maximum duration: 1s\)/,
      );
      await expect(query("never")).rejects.toThrow(
        /Returned promise will never resolve/,
      );
    });
    it("of what queries may do: no network", async () => {
      await expect(query("fetchInQuery")).rejects.toThrow(
        /Can't use fetch\(\) in queries and mutations\. Please consider using an action\./,
      );
    });
    it("are counted where a mutation can see them", async () => {
      expect(await mutation("metrics", { run: fresh("metrics") })).toEqual({
        read: 1,
        written: 1,
        left: 15_999,
      });
    });
  });
}
