import { describe, expect, it } from "vitest";
import { fresh, until, type Calls } from "../calls";

type Summary = {
  count: number;
  sum: number;
  min: number | null;
  max: number | null;
};

export function aggregateSuite(calls: () => Calls): void {
  const call = (name: string, args: Parameters<Calls["query"]>[1]) =>
    calls().mutation(`aggregates:${name}`, args);
  const summary = (
    namespace: string,
    bounds: { from?: number; to?: number } = {},
  ) => calls().query<Summary>("aggregates:summary", { namespace, ...bounds });
  const filled = async (size: number) => {
    const namespace = fresh("numbers");
    const keys = Array.from({ length: size }, (_, index) => index + 1);
    await call("insertMany", { namespace, keys });
    return namespace;
  };

  describe.concurrent("aggregate", () => {
    it("counts and sums all or a range, with the smallest and the largest", async () => {
      const namespace = await filled(60);
      expect(await summary(namespace)).toEqual({
        count: 60,
        sum: 1830,
        min: 1,
        max: 60,
      });
      expect(await summary(namespace, { from: 10, to: 12 })).toEqual({
        count: 3,
        sum: 33,
        min: 10,
        max: 12,
      });
    });
    it("has nothing in a namespace that nobody wrote to", async () => {
      expect(await summary(fresh("empty"))).toEqual({
        count: 0,
        sum: 0,
        min: null,
        max: null,
      });
    });
    it("finds what is at an offset, from either end, and the offset of a key", async () => {
      const namespace = await filled(40);
      const at = (offset: number) =>
        calls().query("aggregates:at", { namespace, offset });
      expect([await at(0), await at(17), await at(-1)]).toEqual([1, 18, 40]);
      const indexOf = (key: number, order: "asc" | "desc") =>
        calls().query("aggregates:indexOf", { namespace, key, order });
      expect([await indexOf(18, "asc"), await indexOf(18, "desc")]).toEqual([
        17, 22,
      ]);
      await expect(at(40)).rejects.toThrow();
    });
    it("replaces and deletes, once or if there", async () => {
      const namespace = await filled(3);
      await call("replace", {
        namespace,
        key: 2,
        id: "2",
        newKey: 20,
        newSumValue: 200,
      });
      await call("remove", { namespace, key: 1, id: "1" });
      expect(await summary(namespace)).toEqual({
        count: 2,
        sum: 203,
        min: 3,
        max: 20,
      });
      await expect(
        call("remove", { namespace, key: 1, id: "1" }),
      ).rejects.toThrow();
      await call("removeIfThere", { namespace, key: 1, id: "1" });
      await call("upsert", { namespace, key: 3, id: "3" });
      expect((await summary(namespace)).count).toBe(2);
    });
    it("answers for several namespaces in one call", async () => {
      const namespaces = [await filled(3), await filled(5)];
      expect(await calls().query("aggregates:batches", { namespaces })).toEqual(
        { counts: [3, 5], sums: [6, 15], firsts: [1, 1] },
      );
    });
    it("pages through all in descending order, and picks one at random", async () => {
      const namespace = await filled(25);
      const keys = await calls().query<number[]>("aggregates:pages", {
        namespace,
        pageSize: 7,
      });
      expect(keys).toEqual(
        Array.from({ length: 25 }, (_, index) => 25 - index),
      );
      expect(keys).toContain(
        await calls().query("aggregates:random", { namespace }),
      );
    });
    it("loses no write of many at once", async () => {
      const namespace = fresh("crowd");
      await Promise.all(
        Array.from({ length: 30 }, (_, key) =>
          call("insert", { namespace, key, id: `id${key}`, sumValue: 2 }),
        ),
      );
      expect(await summary(namespace)).toMatchObject({ count: 30, sum: 60 });
    });
    it("applies queued writes in the background", async () => {
      const namespace = fresh("queued");
      await call("enqueue", { namespace, key: 4 });
      await call("enqueueMany", { namespace, keys: [1, 2, 3] });
      await until(
        () => calls().query<number>("aggregates:queuedSum", { namespace }),
        (sum) => sum === 10,
      );
      await until(
        () => call("exactSum", { namespace }).catch(() => "not yet"),
        (sum) => sum === 10,
      );
    });
    it("forgets a namespace", async () => {
      const namespace = await filled(10);
      await call("clear", { namespace, maxNodeSize: 4 });
      expect((await summary(namespace)).count).toBe(0);
      await call("insertMany", { namespace, keys: [7] });
      expect((await summary(namespace)).max).toBe(7);
    });
    it("ranks the documents of a table, follows their changes and is built again from it", async () => {
      const game = fresh("game");
      const add = (player: string, points: number) =>
        calls().mutation<string>("aggregates:addScore", {
          game,
          player,
          points,
        });
      const ada = await add("ada", 10);
      const bob = await add("bob", 30);
      const rank = (id: string) => calls().query("aggregates:rank", { id });
      expect([await rank(ada), await rank(bob)]).toEqual([1, 0]);
      await call("changeScore", { id: ada, points: 50 });
      expect([await rank(ada), await rank(bob)]).toEqual([0, 1]);
      await call("rebuild", { game });
      expect(await calls().query("aggregates:total", { game })).toBe(80);
      expect(await rank(bob)).toBe(1);
    });
  });
}
