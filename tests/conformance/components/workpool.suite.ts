import { describe, expect, it } from "vitest";
import { fresh, pause, until, type Calls } from "../calls";
import { eventsOf, mostAtOnce } from "./events";

type Result = { kind: string; returnValue?: unknown; error?: string };
type Status = { state: string; previousAttempts?: number };

export function workpoolSuite(calls: () => Calls): void {
  const enqueue = <T = string>(
    name: string,
    args: Parameters<Calls["mutation"]>[1],
  ) => calls().mutation<T>(`pool:${name}`, args);
  const status = (id: string) => calls().query<Status>("pool:status", { id });
  const results = async (run: string, count = 1) =>
    (
      await until(
        () => eventsOf(calls(), run, "completed"),
        (events) => events.length === count,
        30_000,
      )
    ).map(({ detail }) => detail as Result);

  describe.concurrent("workpool", () => {
    it("runs a mutation and tells what it returned", async () => {
      const run = fresh("mutation");
      const id = await enqueue("enqueueMutation", { run, a: 2, b: 3 });
      expect(await results(run)).toEqual([{ kind: "success", returnValue: 5 }]);
      expect(await eventsOf(calls(), run, "added")).toHaveLength(1);
      expect((await status(id)).state).toBe("finished");
    });
    it("runs a query", async () => {
      const run = fresh("query");
      await enqueue("enqueueQuery", { run, a: 4, b: 5 });
      expect(await results(run)).toEqual([{ kind: "success", returnValue: 9 }]);
    });
    it("tells that a mutation failed, of which nothing remains", async () => {
      const run = fresh("failing");
      await enqueue("enqueueFailing", { run });
      const [result] = await results(run);
      expect(result).toMatchObject({
        kind: "failed",
        error: expect.stringMatching(/mutation failed/),
      });
      expect(await eventsOf(calls(), run, "rolled back")).toEqual([]);
    });
    it("repeats an action until it succeeds, waiting longer each time", async () => {
      const run = fresh("flaky");
      await enqueue("enqueueFlaky", { run, failures: 2, retry: true });
      expect(await results(run)).toEqual([
        { kind: "success", returnValue: "attempt 3" },
      ]);
      const attempts = await eventsOf(calls(), run, "attempt");
      expect(attempts).toHaveLength(3);
    });
    it("gives up after the last attempt", async () => {
      const run = fresh("hopeless");
      await enqueue("enqueueFlaky", { run, failures: 9, retry: true });
      expect(await results(run)).toMatchObject([{ kind: "failed" }]);
      expect(await eventsOf(calls(), run, "attempt")).toHaveLength(3);
    });
    it("does not repeat what asked not to be, nor what was not to be repeated", async () => {
      const [once, final] = [fresh("once"), fresh("final")];
      await enqueue("enqueueFlaky", { run: once, failures: 9, retry: false });
      await enqueue("enqueueFlaky", {
        run: final,
        failures: 9,
        final: true,
        retry: true,
      });
      await Promise.all([results(once), results(final)]);
      expect(await eventsOf(calls(), once, "attempt")).toHaveLength(1);
      expect(await eventsOf(calls(), final, "attempt")).toHaveLength(1);
    });
    it("runs no more at once than its parallelism, and a batch to its end", async () => {
      const run = fresh("batch");
      const ids = await enqueue<string[]>("enqueueSlow", {
        run,
        count: 5,
        ms: 150,
      });
      expect(ids).toHaveLength(5);
      expect(await results(run, 5)).toHaveLength(5);
      expect(mostAtOnce(await eventsOf(calls(), run))).toBe(2);
      const statuses = await calls().query<Status[]>("pool:narrowStatuses", {
        ids,
      });
      expect(statuses.map(({ state }) => state)).toEqual(
        ids.map(() => "finished"),
      );
    });
    it("waits for the time it was given", async () => {
      const run = fresh("later");
      const before = Date.now();
      const id = await enqueue("enqueueLater", { run, runAfter: 1_200 });
      expect((await status(id)).state).toBe("pending");
      await results(run);
      const [added] = await eventsOf(calls(), run, "added");
      expect(added?.at).toBeGreaterThanOrEqual(before + 1_200);
    });
    it("cancels what has not begun", async () => {
      const run = fresh("canceled");
      const id = await enqueue("enqueueLater", { run, runAfter: 60_000 });
      await calls().mutation("pool:cancel", { id });
      expect(await results(run)).toMatchObject([{ kind: "canceled" }]);
      await pause(200);
      expect(await eventsOf(calls(), run, "added")).toEqual([]);
    });
  });
}
