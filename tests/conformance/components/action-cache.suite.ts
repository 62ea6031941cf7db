import { describe, expect, it } from "vitest";
import { fresh, pause, type Calls } from "../calls";
import { eventsOf } from "./events";

export function actionCacheSuite(calls: () => Calls): void {
  const fetch = (
    run: string,
    text: string,
    opts: { ttl?: number; force?: boolean } = {},
  ) => calls().action<string>("cache:fetch", { run, text, ...opts });
  const computed = async (run: string) =>
    (await eventsOf(calls(), run, "computed")).length;

  describe("the action cache", () => {
    it("computes once for the same arguments", async () => {
      const run = fresh("cache");
      expect(await fetch(run, "hey")).toBe("HEY");
      expect(await fetch(run, "hey")).toBe("HEY");
      expect(await computed(run)).toBe(1);
      expect(await fetch(run, "you")).toBe("YOU");
      expect(await computed(run)).toBe(2);
    });
    it("computes again when forced, when expired and when forgotten", async () => {
      const run = fresh("cache");
      await fetch(run, "a", { ttl: 60_000 });
      await fetch(run, "a", { force: true });
      expect(await computed(run)).toBe(2);
      await pause(20);
      await fetch(run, "a", { ttl: 10 });
      expect(await computed(run)).toBe(3);
      await calls().mutation("cache:forget", { run, text: "a" });
      await fetch(run, "a");
      expect(await computed(run)).toBe(4);
    });
    it("forgets all of a name, and all there is", async () => {
      const run = fresh("cache");
      for (const forget of ["mutation", "action"] as const) {
        const before = await computed(run);
        await fetch(run, "b");
        await calls()[forget](
          forget === "mutation" ? "cache:forgetName" : "cache:forgetAll",
        );
        await pause(300);
        await fetch(run, "b");
        expect(await computed(run)).toBeGreaterThan(before);
      }
      expect(await computed(run)).toBe(3);
    });
  });
}
