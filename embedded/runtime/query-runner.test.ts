import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestBackend, type TestBackend } from "./testing/test-backend";
import type { QueryOutcome } from "./types";

const SOURCE = `
import { queryGeneric as query, mutationGeneric as mutation, makeFunctionReference } from "convex/server";
const ref = (name) => makeFunctionReference("q:" + name);
export const add = mutation(async (ctx) => { await ctx.db.insert("notes", { text: "one" }); });
export const count = query(async (ctx) => (await ctx.db.query("notes").collect()).length);
export const who = query(async (ctx) => [await ctx.auth.getUserIdentity(), typeof leaked]);
export const leak = query(async () => { globalThis.leaked = 1; return "left"; });
export const endless = query(async () => { for (;;); });
export const endlessLater = query(async (ctx) => { await ctx.db.query("notes").first(); for (;;); });
export const endlessPromises = query(async () => { for (;;) await null; });
const busy = (rounds) => { let sum = 0; for (let n = 0; n < rounds * 1e5; n++) sum += Math.sqrt(n); return sum > 0; };
export const slow = query(async () => busy(100));
export const nested = query(async (ctx) => [await ctx.runQuery(ref("slow"), {}), busy(100), await ctx.runQuery(ref("count"), {})]);
export const fails = query(async () => { throw new Error("on purpose"); });
export const dangles = query(async () => { void Promise.reject(new Error("dangling")); return 1; });
export const handles = query(async () => { try { await Promise.reject(new Error("handled")); } catch { return "caught"; } });
export const stuck = query(() => new Promise(() => {}));
`;

let backend: TestBackend;
beforeAll(async () => {
  const limits = { userTimeMs: 500 };
  backend = await startTestBackend({ "q.ts": SOURCE }, { limits });
  await backend.runtime.runMutation(backend.call("q:add"));
});
afterAll(() => backend.close());

const call = (name: string) => backend.call(`q:${name}`, {});
const together = (names: string[], until = Infinity): QueryOutcome[] =>
  backend.runtime.runQueries(names.map(call), until);
const shown = (outcome: QueryOutcome | undefined): unknown =>
  outcome?.kind === "ok"
    ? outcome.value
    : outcome?.errorMessage.replace(/^\[Request ID: \w+\] /, "");

const ALL = [
  ...["count", "fails", "who", "leak", "who", "dangles", "slow", "handles"],
  ...["nowhere", "stuck", "nested", "count"],
];

describe("queries that are wanted together", () => {
  it("end as they do alone, in their order", () => {
    const alone = ALL.map((name) => backend.runtime.runQuery(call(name)));
    expect(together(ALL).map(shown)).toEqual(alone.map(shown));
    expect(together(ALL).map(({ reads }) => reads)).toEqual(
      alone.map(({ reads }) => reads),
    );
  });

  it.each(["endless", "endlessLater", "endlessPromises"])(
    "outlive a neighbour that never ends: %s",
    (name) => {
      const outcomes = together(["count", name, "who", "count"]);
      expect(outcomes.map(({ kind }) => kind)).toEqual([
        ...["ok", "failed", "ok", "ok"],
      ]);
      expect(shown(outcomes[1])).toMatch(/timed out/);
      expect(shown(outcomes[3])).toBe(1);
    },
  );

  it("begin only while there is time, but for one", () => {
    expect(together(["count", "who", "count"], 0).map(shown)).toEqual([1]);
    const until = performance.now() + 30;
    const some = together(
      Array.from({ length: 50 }, () => "slow"),
      until,
    );
    expect(some.length).toBeGreaterThan(0);
    expect(some.length).toBeLessThan(50);
  });

  it("see what was written before", async () => {
    const written = backend.runtime.runMutation(backend.call("q:add"));
    const before = together(["count", "count"]).map(shown);
    await written;
    expect(before[0]).toBe(before[1]);
    expect(together(["count"]).map(shown)).toEqual([2]);
  });
});
