/** Where this library does as a deployment does, and `convex-test` does otherwise. */
import { AsyncResource } from "node:async_hooks";
import { makeFunctionReference } from "convex/server";
import { v } from "convex/values";
import { afterEach, describe, expect, it, vi } from "vitest";
import { api } from "./contract-app/_generated/api";
import { mutation, query } from "./contract-app/server";
import { startApp } from "./contract-app/start";
import { convexTest } from "./convex-test";

afterEach(() => void vi.useRealTimers());

describe("unlike convex-test, and like a deployment", () => {
  it("errors of validation have the texts of Convex", async () => {
    const t = startApp(convexTest);
    const text = 1 as unknown as string;
    await expect(t.mutation(api.notes.add, { text })).rejects.toThrow(
      "ArgumentValidationError: Value does not match validator.\nPath: .text\nValue: 1.0\nValidator: v.string()",
    );
    await expect(t.query(api.notes.wrongResult)).rejects.toThrow(
      /^ReturnsValidationError: /,
    );
    const absent = makeFunctionReference<"query">("notes:absent");
    await expect(t.query(absent)).rejects.toThrow(
      "Could not find function for 'notes:absent'. Did you forget to run `npx convex dev`?",
    );
  });

  it("ids are those of a deployment", async () => {
    const t = startApp(convexTest);
    const id = await t.mutation(api.notes.add, { text: "x" });
    expect(id).toMatch(/^[0-9a-hjkmnp-tv-z]{31,37}$/);
  });

  it("the clock stands still in queries and mutations, not in the test's own functions", async () => {
    const t = convexTest({
      modules: {
        "./_generated/api.ts": async () => ({}),
        "./clock.ts": async () => ({ read: readsClock }),
      },
    });
    const read = makeFunctionReference<
      "query",
      Record<string, never>,
      number[]
    >("clock:read");
    const [first, second, made] = await t.query(read, {});
    expect([second, made]).toEqual([first, first]);
    vi.useFakeTimers({ now: 1_000_000 });
    expect(await t.query(read, {})).toEqual([1_000_000, 1_000_000, 1_000_000]);
    const own = await t.run(async () => {
      vi.setSystemTime(2_000_000);
      return Date.now();
    });
    expect(own).toBe(2_000_000);
  });

  it("the limits of a transaction always hold", async () => {
    const t = startApp(convexTest);
    const many = t.run(async ({ db }) => {
      for (let index = 0; index <= 16_000; index += 1)
        await db.insert("totals", { name: "n", value: index });
    });
    await expect(many).rejects.toThrow(
      "Too many writes in a single function execution (limit: 16000)",
    );
  });

  it("scheduling what does not exist fails the scheduler", async () => {
    const t = startApp(convexTest);
    const absent = makeFunctionReference<"mutation">("notes:absent");
    const scheduling = t.run(({ scheduler }) => scheduler.runAfter(0, absent));
    await expect(scheduling).rejects.toThrow(
      "Attempted to schedule function, but no exported function absent found in the file: notes.js.",
    );
  });

  it("scheduled functions are named by file, and keep why they failed", async () => {
    vi.useFakeTimers();
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const t = startApp(convexTest);
    await t.mutation(api.jobs.failLater);
    await t.finishAllScheduledFunctions(vi.runAllTimers);
    const jobs = await t.run(({ db }) =>
      db.system.query("_scheduled_functions").collect(),
    );
    expect(jobs).toMatchObject([
      {
        name: "notes.js:fail",
        state: { kind: "failed", error: expect.stringContaining("scheduled") },
      },
    ]);
    log.mockRestore();
  });

  it("a function that has ended can do nothing more", async () => {
    let late: () => Promise<unknown> = async () => undefined;
    const t = startApp(convexTest);
    await t.run(async ({ db }) => {
      late = AsyncResource.bind(() => db.insert("notes", { text: "late" }));
    });
    await expect(late()).rejects.toThrow(/This function has ended/);
    expect(await t.query(api.notes.list)).toEqual([]);
  });

  it("what was not awaited is finished all the same", async () => {
    const t = startApp(convexTest);
    await t.run(async ({ db }) => {
      void db.insert("notes", { text: "not awaited" });
    });
    expect(await t.query(api.notes.list)).toHaveLength(1);
  });

  it("an action cannot run inside a transaction", async () => {
    const t = startApp(convexTest);
    const inside = t.run(async () => await t.action(api.notes.download));
    await expect(inside).rejects.toThrow(
      "An action cannot run inside a transaction: call it before or after.",
    );
  });
});

const readsClock = query({
  args: {},
  handler: async () => {
    const first = Date.now();
    await new Promise((resolve) => setImmediateOutside(resolve));
    return [first, Date.now(), new Date().getTime()];
  },
});

/** Real time passes: this was read before any function ran. */
const setImmediateOutside = setImmediate;

describe("a module of functions", () => {
  it("is found beside `_generated`, wherever the glob starts", async () => {
    const add = mutation({
      args: { text: v.string() },
      handler: async (ctx, note) => await ctx.db.insert("notes", note),
    });
    const t = convexTest(undefined, {
      "../deep/functions/_generated/server.js": async () => ({}),
      "../deep/functions/notes/write.ts": async () => ({ add }),
    });
    const reference = makeFunctionReference<"mutation">("notes/write:add");
    expect(await t.mutation(reference, { text: "a" })).toEqual(
      expect.any(String),
    );
  });

  it("must be listed together with `_generated`", () => {
    expect(() => convexTest(undefined, {})).toThrow(/_generated/);
  });
});
