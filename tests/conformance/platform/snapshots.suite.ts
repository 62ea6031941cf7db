import { describe, expect, it } from "vitest";
import { fresh, type Calls } from "../calls";

type Stamps = {
  snapshot: bigint;
  rows: { committed: bigint; n: number }[];
};

export function snapshotsSuite(calls: () => Calls): void {
  const stamp = (run: string) =>
    calls().mutation<{ isPlaceholder: boolean; committed: bigint }>(
      "stamps:stamp",
      { run },
    );
  const list = (run: string) => calls().query<Stamps>("stamps:list", { run });

  describe.concurrent("the commit timestamp", () => {
    it("is filled in when the mutation commits, the same everywhere in it", async () => {
      const run = fresh("stamp");
      const { isPlaceholder, committed } = await stamp(run);
      expect(isPlaceholder).toBe(true);
      const { snapshot, rows } = await list(run);
      expect(rows).toEqual([
        { committed, n: 1 },
        { committed, n: 2 },
      ]);
      expect(snapshot).toBeGreaterThanOrEqual(committed);
      expect(Number(committed / 1_000_000n)).toBeGreaterThan(
        Date.now() - 60_000,
      );
    });
    it("rises from commit to commit", async () => {
      const run = fresh("order");
      await Promise.all(Array.from({ length: 10 }, () => stamp(run)));
      const { rows } = await list(run);
      const distinct = [...new Set(rows.map(({ committed }) => committed))];
      expect(distinct).toHaveLength(10);
      expect(distinct).toEqual(distinct.toSorted((a, b) => (a < b ? -1 : 1)));
    });
    it("can be patched in and passed to an inner mutation", async () => {
      const run = fresh("patched");
      const first = await stamp(run);
      await calls().mutation("stamps:restamp", { run });
      const { rows } = await list(run);
      expect(rows.map(({ n }) => n)).toEqual([2, 1, 3]);
      expect(rows[1]?.committed).toBeGreaterThan(first.committed);
      expect(rows[1]?.committed).toBe(rows[2]?.committed);
    });
    it("is not in a stale snapshot, which is for mutations only", async () => {
      const run = fresh("stale");
      await stamp(run);
      expect(await calls().mutation("stamps:staleAndFresh", { run })).toEqual({
        stale: 2,
        fresh: 3,
      });
      await expect(calls().query("stamps:staleInQuery")).rejects.toThrow(
        /`useStaleSnapshot` is only supported in mutations/,
      );
    });
  });

  describe.concurrent("a query's or mutation's surroundings", () => {
    it("are steady: a frozen clock, dice of its own", async () => {
      const steady = () =>
        calls().query<{ isFrozen: boolean; differ: boolean; uuid: string }>(
          "stamps:steady",
        );
      expect(await steady()).toEqual({
        isFrozen: true,
        differ: true,
        uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
    });
    it("tell about the function, the deployment and the request", async () => {
      expect(await calls().mutation("stamps:meta")).toEqual({
        fn: {
          name: "stamps:meta",
          componentPath: "",
          type: "mutation",
          visibility: "public",
        },
        deployment: expect.objectContaining({ name: expect.any(String) }),
        request: expect.objectContaining({
          requestId: expect.stringMatching(/^[0-9a-f]{16}$/),
        }),
      });
    });
  });
}
