import { ConvexClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { describe, expect, it } from "vitest";
import { fresh, until, type Calls } from "../calls";
import type { DeployedProject } from "../deployed-app";
import { eventsOf, mostAtOnce } from "./events";

/** The workpool counts time in whole segments, so each wait may end this much early. */
const SEGMENT_MS = 100;

type Status = { type: string; result?: unknown; error?: string };
type Started = { id: string; run: string };

export function workflowSuite(
  app: () => DeployedProject,
  calls: () => Calls,
): void {
  const start = async (
    flow: string,
    args: (run: string) => Record<string, string | number>,
  ): Promise<Started> => {
    const run = fresh(flow);
    const id = await calls().mutation<string>("flows:start", {
      flow,
      run,
      args: args(run),
    });
    return { id, run };
  };
  const status = (id: string) => calls().query<Status>("flows:status", { id });
  const ended = (id: string) =>
    until(
      () => status(id),
      ({ type }) => type !== "inProgress",
      40_000,
    );
  const outcome = async (...started: Parameters<typeof start>) =>
    ended((await start(...started)).id);
  const finished = ({ run }: Started) =>
    until(
      () => eventsOf(calls(), run, "finished"),
      (events) => events.length === 1,
    );

  describe.concurrent("workflow", () => {
    it("hands results from a query to a mutation to an action", async () => {
      const started = await start("chain", (run) => ({ run, n: 3 }));
      expect(await ended(started.id)).toEqual({
        type: "completed",
        result: "SUM 7",
      });
      expect(await finished(started)).toMatchObject([
        { detail: { kind: "success", returnValue: "SUM 7" } },
      ]);
      expect(await calls().query("flows:steps", { id: started.id })).toEqual([
        "flows:double",
        "pool:addInMutation",
        "cache:shout",
      ]);
      expect(
        await calls().query("flows:named", { name: "flows:chain" }),
      ).toContain(started.id);
    });
    it("repeats a failing action step", async () => {
      const { id, run } = await start("retried", (run) => ({
        run,
        failures: 2,
      }));
      expect(await ended(id)).toMatchObject({ result: "attempt 3" });
      expect(await eventsOf(calls(), run, "attempt")).toHaveLength(3);
    });
    it("lets a handler catch a step's failure", async () => {
      expect(await outcome("caught", (run) => ({ run }))).toMatchObject({
        type: "completed",
        result: expect.stringMatching(/^caught .*mutation failed/s),
      });
    });
    it("runs parallel steps at the same time", async () => {
      const { id, run } = await start("parallel", (run) => ({ run }));
      expect(await ended(id)).toMatchObject({
        result: ["slept", "slept", "slept"],
      });
      expect(mostAtOnce(await eventsOf(calls(), run))).toBeGreaterThan(1);
    });
    it("waits for an event", async () => {
      const { id } = await start("approved", () => ({}));
      expect((await status(id)).type).toBe("inProgress");
      await calls().mutation("flows:approve", { id, by: "ada" });
      expect(await ended(id)).toMatchObject({ result: "approved by ada" });
    });
    it("fails when the event says so", async () => {
      const { id } = await start("approved", () => ({}));
      await calls().mutation("flows:refuse", { id, reason: "no" });
      expect(await ended(id)).toMatchObject({
        type: "failed",
        error: expect.stringMatching(/^Error: no\n/),
      });
    });
    it("sleeps, and starts a step later", async () => {
      const { type, result } = await outcome("sleepy", (run) => ({
        run,
        ms: 500,
      }));
      expect(type).toBe("completed");
      expect(result).toBeGreaterThanOrEqual(600 - 2 * SEGMENT_MS);
    });
    it("runs a workflow as a step of another", async () => {
      expect(await outcome("nested", (run) => ({ run }))).toMatchObject({
        result: "inner said SUM 11",
      });
    });
    it("fails with what its handler threw", async () => {
      const started = await start("fails", () => ({}));
      expect(await ended(started.id)).toMatchObject({
        type: "failed",
        error: expect.stringMatching(/the workflow failed/),
      });
      expect(await finished(started)).toMatchObject([
        { detail: { kind: "failed" } },
      ]);
    });
    it("gives a handler the same dice each time it is replayed", async () => {
      const { id, run } = await start("deterministic", (run) => ({ run }));
      expect(await ended(id)).toMatchObject({ result: true });
      expect(await eventsOf(calls(), run, "dice")).toHaveLength(1);
    });
    it("runs steps inline", async () => {
      expect(await outcome("inline", (run) => ({ run }))).toMatchObject({
        result: 9,
      });
    });
    it("is canceled, and does no more", async () => {
      const started = await start("sleepy", (run) => ({ run, ms: 60_000 }));
      await calls().mutation("flows:cancel", { id: started.id });
      expect(await ended(started.id)).toEqual({ type: "canceled" });
      expect(await finished(started)).toMatchObject([
        { detail: { kind: "canceled" } },
      ]);
      expect(await eventsOf(calls(), started.run, "awake")).toEqual([]);
    });
    it("shows its status live", async () => {
      const { id } = await start("approved", () => ({}));
      const client = new ConvexClient(app().backend.url, { logger: false });
      const seen: string[] = [];
      client.onUpdate(
        makeFunctionReference<"query">("flows:status"),
        { id },
        ({ type }: Status) => seen.push(type),
      );
      await until(
        async () => seen,
        ([first]) => first === "inProgress",
      );
      await calls().mutation("flows:approve", { id, by: "eve" });
      await until(
        async () => seen,
        (all) => all.at(-1) === "completed",
      );
      await client.close();
    });
    it("is forgotten when it is cleaned up", async () => {
      const { id } = await start("inline", (run) => ({ run }));
      await ended(id);
      expect(await calls().mutation("flows:cleanup", { id })).toBe(true);
      await expect(status(id)).rejects.toThrow();
    });
    it("begins again when it is restarted", async () => {
      const { id, run } = await start("inline", (run) => ({ run }));
      await ended(id);
      await calls().mutation("flows:restart", { id });
      await until(
        () => eventsOf(calls(), run, "added"),
        (events) => events.length === 2,
      );
      expect(await ended(id)).toMatchObject({ result: 9 });
    });
  });

  describe("workflow and workpool, when the backend is killed", () => {
    it("go on where they were", async () => {
      const asleep = await start("sleepy", (run) => ({ run, ms: 3_000 }));
      const waiting = await start("approved", () => ({}));
      const busy = fresh("busy");
      await calls().mutation("pool:enqueueLater", {
        run: busy,
        runAfter: 3_000,
      });
      await app().backend.restart();
      await calls().mutation("flows:approve", { id: waiting.id, by: "bob" });
      expect(await ended(waiting.id)).toMatchObject({
        result: "approved by bob",
      });
      expect(await ended(asleep.id)).toMatchObject({ type: "completed" });
      expect(await eventsOf(calls(), asleep.run, "awake")).toHaveLength(1);
      await until(
        () => eventsOf(calls(), busy, "added"),
        (events) => events.length === 1,
      );
    });
  });
}
