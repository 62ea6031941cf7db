import { describe, expect, it } from "vitest";
import { callsTo, fresh, pause, until, type Calls } from "../calls";
import type { DeployedApp } from "../deployed-app";

type Job = {
  name: string;
  args: unknown[];
  scheduledTime: number;
  completedTime?: number;
  state: { kind: string; error?: string };
} | null;

export function schedulingSuite(
  app: () => DeployedApp,
  calls: () => Calls,
): void {
  const schedule = (
    target: string,
    args: Record<string, string>,
    when: { afterMs?: number; atMs?: number } = {},
  ) => calls().mutation<string>("jobs:schedule", { target, args, ...when });
  const job = (id: string) => calls().query<Job>("jobs:get", { id });
  const notes = (run: string) => calls().query<string[]>("logs:notes", { run });
  const reaches = (id: string, kind: string) =>
    until(
      () => job(id),
      (now) => now?.state.kind === kind,
    );

  describe.concurrent("the scheduler", () => {
    it("runs a mutation after a while, once, and keeps what became of it", async () => {
      const run = fresh("after");
      const id = await schedule("note", { run, text: "x" }, { afterMs: 800 });
      const pending = await job(id);
      expect(pending).toMatchObject({
        name: expect.stringMatching(/^jobs(\.js)?:note$/),
        args: [{ run, text: "x" }],
        state: { kind: "pending" },
      });
      const done = await reaches(id, "success");
      expect(done?.completedTime).toBeGreaterThanOrEqual(
        pending?.scheduledTime ?? Infinity,
      );
      await pause(200);
      expect(await notes(run)).toEqual(["x"]);
    });
    it("runs at a time, at once when it has passed", async () => {
      const run = fresh("at");
      await schedule(
        "note",
        { run, text: "past" },
        { atMs: Date.now() - 60_000 },
      );
      await schedule("note", { run, text: "soon" }, { atMs: Date.now() + 600 });
      await until(
        () => notes(run),
        ({ length }) => length === 2,
      );
      expect(await notes(run)).toEqual(["past", "soon"]);
    });
    it("runs actions", async () => {
      const run = fresh("action");
      const id = await schedule("noteInAction", { run });
      await reaches(id, "success");
      expect(await notes(run)).toEqual(["by an action"]);
    });
    it("keeps the error of what failed, and does not try again", async () => {
      const run = fresh("failing");
      const id = await schedule("failing", { run });
      const failed = await reaches(id, "failed");
      expect(failed?.state.error).toMatch(/job failed/);
      const action = await reaches(
        await schedule("failingAction", {}),
        "failed",
      );
      expect(action?.state.error).toMatch(/action job failed/);
      await pause(300);
      expect((await job(id))?.state.kind).toBe("failed");
      expect(await notes(run)).toEqual([]);
    });
    it("schedules nothing for a mutation that failed", async () => {
      const run = fresh("rollback");
      await expect(
        calls().mutation("jobs:scheduleAndFail", { run }),
      ).rejects.toThrow(/rolled back/);
      await pause(300);
      expect(await notes(run)).toEqual([]);
    });
    it("is used by actions", async () => {
      const run = fresh("from action");
      await calls().action("jobs:scheduleInAction", { run });
      await until(
        () => notes(run),
        ([first]) => first === "from an action",
      );
    });
    it("cancels what is pending, also in the same mutation, and leaves alone what is done", async () => {
      const run = fresh("cancel");
      const later = await schedule(
        "note",
        { run, text: "never" },
        { afterMs: 60_000 },
      );
      await calls().mutation("jobs:cancel", { id: later });
      expect((await job(later))?.state).toEqual({ kind: "canceled" });
      await calls().mutation("jobs:scheduleThenCancel", { run });
      const done = await schedule("note", { run, text: "done" });
      await reaches(done, "success");
      await calls().mutation("jobs:cancel", { id: done });
      expect((await job(done))?.state.kind).toBe("success");
      expect(await notes(run)).toEqual(["done"]);
    });
    it("validates what it is given when it is given", async () => {
      await expect(schedule("note", { run: "x" })).rejects.toThrow(
        /ArgumentValidationError: Object is missing the required field `text`/,
      );
      const unknown = (name: string) =>
        calls().mutation("jobs:scheduleUnknown", { name });
      await expect(unknown("jobs:nothing")).rejects.toThrow(
        /Attempted to schedule function, but no exported function nothing found in the file: jobs\.js\./,
      );
      await expect(unknown("nowhere:nothing")).rejects.toThrow(
        /Attempted to schedule function at nonexistent path: nowhere\.js/,
      );
    });
    it("runs jobs as nobody, whoever scheduled them", async () => {
      const run = fresh("identity");
      const signed = callsTo(app().backend.url, await app().signToken("ada"));
      expect(await signed.mutation("jobs:scheduleIdentity", { run })).toBe(
        "ada",
      );
      await until(
        () => notes(run),
        ([first]) => first === "nobody",
      );
    });
  });

  describe.concurrent("crons", () => {
    it("of every kind are accepted, and short intervals fire on", async () => {
      const fired = async (text: string) =>
        (await notes("crons")).filter((note) => note === text).length;
      const [before, hourly] = [await fired("s"), await fired("h")];
      await until(
        () => fired("s"),
        (count) => count >= before + 2,
      );
      expect(await fired("by an action")).toBeGreaterThan(0);
      expect(await fired("h")).toBeLessThanOrEqual(hourly + 1);
      expect(await notes("crons")).not.toContain("not kept");
    });
  });
}
