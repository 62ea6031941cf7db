import { describe, expect, it } from "vitest";
import { fresh, until, type Calls } from "../calls";
import type { DeployedProject } from "../deployed-app";

type Status = { state: string; processed: number; error?: string };
type Person = { name: string; upper?: string; greeting?: string };

/** In order, because they all go over one table. */
export function migrationsSuite(
  app: () => DeployedProject,
  calls: () => Calls,
): void {
  const status = (name: string) =>
    calls().query<Status>("migrations:status", { name });
  const reaches = (name: string, state: string) =>
    until(
      () => status(name),
      (now) => now.state === state,
    );
  const people = (run: string) =>
    calls().query<Person[]>("migrations:people", { run });
  const withPeople = async (...names: string[]) => {
    const run = fresh("people");
    await calls().mutation("migrations:removeEverybody");
    await calls().mutation("migrations:addPeople", { run, names });
    return run;
  };
  const convexRun = (name: string, args: object = {}) =>
    app().project.run("run", name, JSON.stringify(args));

  describe("migrations", () => {
    it("try the first batch in a dry run, and change nothing", async () => {
      const run = await withPeople("ada", "bob");
      const { output } = await convexRun("migrations:upper", {
        dryRun: true,
        reset: true,
      });
      expect(output).toMatch(/DRY RUN/);
      expect((await people(run)).map(({ upper }) => upper)).toEqual([
        undefined,
        undefined,
      ]);
    });
    it("go over all documents in batches, from the command line", async () => {
      const run = await withPeople(..."abcdefgh");
      await convexRun("migrations:run", {
        fn: "migrations:upper",
        reset: true,
      });
      const done = await reaches("upper", "success");
      expect(done.processed).toBe(8);
      expect((await people(run)).map(({ upper }) => upper)).toEqual([
        ..."ABCDEFGH",
      ]);
    });
    it("do not run again once they are done", async () => {
      const run = await withPeople("late");
      await convexRun("migrations:run", { fn: "migrations:upper" });
      expect((await status("upper")).state).toBe("success");
      expect((await people(run))[0]?.upper).toBeUndefined();
    });
    it("run one after the other", async () => {
      const run = await withPeople("ada", "bob", "eve", "joe");
      await convexRun("migrations:runBoth", { reset: true });
      await reaches("greet", "success");
      await until(
        () => people(run),
        (all) => all.every(({ greeting }) => greeting !== undefined),
      );
      expect((await people(run)).map(({ greeting }) => greeting)).toEqual([
        "Hello ADA",
        "Hello BOB",
        "Hello EVE",
        "Hello JOE",
      ]);
      expect(await calls().mutation("migrations:serially")).toMatchObject({
        state: "success",
      });
    });
    it("stop at a document that fails, and resume from there", async () => {
      const run = await withPeople("a", "b", "c", "mallory", "e");
      await calls().mutation("migrations:start", {
        name: "fails",
        reset: true,
      });
      const failed = await reaches("fails", "failed");
      expect(failed.error).toMatch(/not mallory/);
      expect(failed.processed).toBe(2);
      await app().project.succeed(
        "run",
        "migrations:rename",
        JSON.stringify({ run, from: "mallory", to: "maria" }),
      );
      await calls().mutation("migrations:start", { name: "fails" });
      expect((await reaches("fails", "success")).processed).toBe(5);
    });
    it("are canceled in the middle and resumed", async () => {
      const names = Array.from({ length: 60 }, (_, index) => `p${index}`);
      await withPeople(...names);
      await calls().mutation("migrations:start", {
        name: "crawl",
        reset: true,
      });
      await calls().mutation("migrations:cancel", { name: "crawl" });
      const stopped = await reaches("crawl", "canceled");
      expect(stopped.processed).toBeLessThan(60);
      await calls().mutation("migrations:start", { name: "crawl" });
      expect((await reaches("crawl", "success")).processed).toBe(60);
    });
  });
}
