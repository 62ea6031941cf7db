import { calculateRateLimit } from "@convex-dev/rate-limiter";
import { ConvexError } from "convex/values";
import { describe, expect, it } from "vitest";
import { fresh, until, type Calls } from "../calls";

type Outcome = { ok: boolean; retryAfter?: number };
type Level = {
  value: number;
  ts: number;
  shard: number;
  config: Parameters<typeof calculateRateLimit>[1];
};

export function rateLimiterSuite(calls: () => Calls): void {
  const limit = (args: {
    name: string;
    key: string;
    count?: number;
    reserve?: boolean;
    throws?: boolean;
  }) => calls().mutation<Outcome>("limits:limit", args);

  describe.concurrent("the rate limiter", () => {
    it("gives a token bucket's capacity at once, and says when there is more", async () => {
      const slow = { name: "reserved", key: fresh("slow"), count: 2 };
      expect(await limit(slow)).toEqual({ ok: true });
      const refused = await limit(slow);
      expect(refused.ok).toBe(false);
      expect(refused.retryAfter).toBeGreaterThan(60_000);
      expect(refused.retryAfter).toBeLessThanOrEqual(120_000);
    });
    it("fills a token bucket as time passes, up to its capacity", async () => {
      const bucket = { name: "bucket", key: fresh("bucket"), count: 2 };
      await limit(bucket);
      const refilled = await until(
        () => limit(bucket),
        ({ ok }) => ok,
      );
      expect(refilled.ok).toBe(true);
      await expect(limit({ ...bucket, count: 3 })).rejects.toThrow(/exceeds 2/);
    });
    it("counts a fixed window, and each key has its own", async () => {
      const [key, other] = [fresh("window"), fresh("window")];
      const taken = [];
      for (let call = 0; call < 3; call += 1)
        taken.push((await limit({ name: "window", key })).ok);
      expect(taken).toEqual([true, true, false]);
      expect((await limit({ name: "window", key: other })).ok).toBe(true);
    });
    it("admits exactly the limit when many ask at once", async () => {
      const key = fresh("crowd");
      const outcomes = await Promise.all(
        Array.from({ length: 12 }, () => limit({ name: "window", key })),
      );
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(2);
    });
    it("reserves ahead of time, up to the maximum", async () => {
      const key = fresh("reserved");
      const ask = { name: "reserved", key, reserve: true };
      expect(await limit({ ...ask, count: 2 })).toEqual({ ok: true });
      const ahead = await limit(ask);
      expect(ahead.ok).toBe(true);
      expect(ahead.retryAfter).toBeGreaterThan(50_000);
      await limit(ask);
      expect((await limit(ask)).ok).toBe(false);
    });
    it("spreads a sharded limit and never gives more than there is", async () => {
      const key = fresh("sharded");
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, () => limit({ name: "sharded", key })),
      );
      const admitted = outcomes.filter(({ ok }) => ok).length;
      expect(admitted).toBeGreaterThan(20);
      expect(admitted).toBeLessThanOrEqual(40);
    });
    it("applies batched updates later, in the order they came", async () => {
      const key = fresh("batched");
      for (let call = 0; call < 3; call += 1)
        await limit({ name: "batched", key });
      const level = () =>
        calls().query<Level>("limits:value", { name: "batched", key });
      await until(level, ({ value }) => value === 2);
      await calls().mutation("limits:reset", { name: "batched", key });
      await until(level, ({ value }) => value === 5);
    });
    it("checks without taking", async () => {
      const key = fresh("check");
      const check = () =>
        calls().query<Outcome>("limits:check", { name: "window", key });
      expect([(await check()).ok, (await check()).ok]).toEqual([true, true]);
      await limit({ name: "window", key, count: 2 });
      expect((await check()).ok).toBe(false);
    });
    it("gives all of it back after a reset", async () => {
      const key = fresh("reset");
      await limit({ name: "window", key, count: 2 });
      expect((await limit({ name: "window", key })).ok).toBe(false);
      await calls().mutation("limits:reset", { name: "window", key });
      expect((await limit({ name: "window", key, count: 2 })).ok).toBe(true);
    });
    it("throws its data when asked to", async () => {
      const key = fresh("throws");
      await limit({ name: "window", key, count: 2 });
      const refused: unknown = await limit({
        name: "window",
        key,
        throws: true,
      }).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(ConvexError);
      expect(refused).toHaveProperty(
        "data",
        expect.objectContaining({ kind: "RateLimited", name: "window" }),
      );
    });
    it("takes nothing for a mutation that fails afterwards", async () => {
      const key = fresh("rollback");
      await expect(
        calls().mutation("limits:limitAndFail", { key }),
      ).rejects.toThrow(/after the limit was taken/);
      expect((await limit({ name: "window", key, count: 2 })).ok).toBe(true);
    });
    it("refuses more than its capacity, and limits that were not defined take one inline", async () => {
      const key = fresh("inline");
      await expect(limit({ name: "window", key, count: 3 })).rejects.toThrow(
        /exceeds 2/,
      );
      const take = () => calls().mutation<Outcome>("limits:inlined", { key });
      expect([(await take()).ok, (await take()).ok]).toEqual([true, false]);
    });
    it("lets a client compute the level from the hook's functions", async () => {
      const key = fresh("hook");
      await limit({ name: "window", key });
      const { config, ...level } = await calls().query<Level>(
        "limits:getRateLimit",
        { key },
      );
      const before = Date.now();
      const now = await calls().mutation<number>("limits:getServerTime");
      const after = Date.now();
      expect(calculateRateLimit(level, config, now).value).toBe(1);
      // The two clocks may differ.
      expect(now).toBeGreaterThan(before - 5_000);
      expect(now).toBeLessThan(after + 5_000);
    });
  });
}
