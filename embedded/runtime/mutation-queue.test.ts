import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JSONValue } from "convex/values";
import { startTestBackend, type TestBackend } from "./testing/test-backend";
import type { MutationOutcome } from "./types";

const NOTES = `
import { queryGeneric as query, mutationGeneric as mutation, makeFunctionReference } from "convex/server";
const ref = (name) => makeFunctionReference(name);
export const list = query(async (ctx) => (await ctx.db.query("notes").collect()).map((n) => n.text));
export const add = mutation(async (ctx, { text }) => {
  const known = await ctx.db.query("notes").collect();
  await ctx.db.insert("notes", { text });
  return known.length; });
export const addNested = mutation(async (ctx, args) => await ctx.runMutation(ref("notes:add"), args));
export const endless = mutation(async (ctx) => { await ctx.db.insert("notes", { text: "lost" }); for (;;); });
export const endlessLater = mutation(async (ctx) => {
  await ctx.runMutation(ref("notes:add"), { text: "lost" }); for (;;); });
export const endlessNested = mutation(async (ctx) => await ctx.runMutation(ref("notes:endless"), {}));
const busy = (ms) => { const until = performance.now() + ms; while (performance.now() < until); };
export const busyAlone = mutation(async (ctx, { ms }) => { busy(ms); return 1; });
export const busyTogether = mutation(async (ctx, { ms }) => {
  const before = await ctx.runMutation(ref("notes:add"), { text: "busy" });
  busy(ms);
  return [before, await ctx.runMutation(ref("notes:busyAlone"), { ms })]; });
export const endlessPromises = mutation(async () => { for (;;) await null; });
export const touch = mutation(async () => null);
export const fails = mutation(async (ctx) => { await ctx.db.insert("notes", { text: "lost" }); throw new Error("on purpose"); });
export const dangles = mutation(async (ctx) => { void Promise.reject(new Error("dangling")); return 1; });
`;

let backend: TestBackend;
beforeAll(async () => {
  const limits = { userTimeMs: 500 };
  backend = await startTestBackend({ "notes.ts": NOTES }, { limits });
});
afterAll(() => backend.close());

const run = (name: string, args: JSONValue = {}): Promise<MutationOutcome> =>
  backend.runtime.runMutation(backend.call(`notes:${name}`, args));

function list(): JSONValue {
  const outcome = backend.runtime.runQuery(backend.call("notes:list"));
  if (outcome.kind === "failed") throw new Error(outcome.errorMessage);
  return outcome.value;
}

function errorOf(outcome: MutationOutcome | undefined): string {
  return outcome?.kind === "failed" ? outcome.errorMessage : "no error";
}

describe("mutations that are ready together", () => {
  it("see each other's writes in the order in which they were asked for", async () => {
    const texts = Array.from({ length: 60 }, (_, index) => `note ${index}`);
    const before = (list() as JSONValue[]).length;
    const outcomes = await Promise.all(
      texts.map((text, i) => run(i % 3 === 0 ? "addNested" : "add", { text })),
    );
    expect(
      outcomes.map((o) => (o.kind === "ok" ? o.value : o.errorMessage)),
    ).toEqual(texts.map((_, index) => before + index));
    const timestamps = outcomes.map((o) => (o.kind === "ok" ? o.ts : 0n));
    expect(timestamps).toEqual([...timestamps].sort(byBigint));
    expect((list() as JSONValue[]).slice(before)).toEqual(texts);
  });

  it.each(["endless", "endlessLater", "endlessNested", "endlessPromises"])(
    "outlive a neighbour that never ends: %s",
    async (name) => {
      const before = list() as JSONValue[];
      const [first, stuck, last] = await Promise.all([
        run("add", { text: "first" }),
        run(name),
        run("add", { text: "last" }),
      ]);
      expect(errorOf(stuck)).toContain("timed out");
      expect([first.kind, last.kind]).toEqual(["ok", "ok"]);
      expect(list()).toEqual([...before, "first", "last"]);
    },
  );

  it("have each their own time, also functions that they call", async () => {
    const before = list() as JSONValue[];
    const outcome = await run("busyTogether", { ms: 300 });
    expect(outcome).toMatchObject({ kind: "ok", value: [before.length, 1] });
    expect(list()).toEqual([...before, "busy"]);
  });

  it("fail alone", async () => {
    const before = list() as JSONValue[];
    const outcomes = await Promise.all([
      run("fails"),
      run("add", { text: "kept" }),
      run("dangles"),
      run("nowhere"),
      run("add", { text: "too" }),
    ]);
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      ...["failed", "ok", "failed", "failed", "ok"],
    ]);
    expect(errorOf(outcomes[0])).toContain("on purpose");
    expect(errorOf(outcomes[2])).toContain("dangling");
    expect(list()).toEqual([...before, "kept", "too"]);
  });

  it("are dropped when nobody waits for them any more", async () => {
    const before = list();
    const call = backend.call("notes:add", { text: "unwanted" });
    const outcome = await backend.runtime.runMutation({
      ...call,
      isAbandoned: () => true,
    });
    expect(outcome.kind).toBe("failed");
    expect(list()).toEqual(before);
  });

  it("leave turns of the event loop to others", async () => {
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns += 1;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    await Promise.all(Array.from({ length: 4_000 }, () => run("touch")));
    isDone = true;
    expect(turns).toBeGreaterThan(3);
  });
});

/** The database looks at its clock when a mutation starts and when it is stored. */
describe("a process that is held up", () => {
  it.each([
    ["before the first of three mutations", 1],
    ["while it stores the first", 2],
    ["before the second", 3],
    ["while it stores the second", 4],
    ["while it stores the third", 6],
  ])("%s executes again what it has not stored, in order", async (_, at) => {
    let looksLeft = Infinity;
    const now = () => {
      if ((looksLeft -= 1) === 0) spin(1000);
      return Date.now();
    };
    const limits = { userTimeMs: 400 };
    const options = { limits, clock: { now } };
    const slow = await startTestBackend({ "notes.ts": NOTES }, options);
    const add = (text: string) =>
      slow.runtime.runMutation(slow.call("notes:add", { text }));
    await add("to be ready");
    looksLeft = at;
    const outcomes = await Promise.all([add("one"), add("two"), add("three")]);
    expect(looksLeft).toBeLessThan(0);
    expect(
      outcomes.map((one) => (one.kind === "ok" ? one.value : one.errorMessage)),
    ).toEqual([1, 2, 3]);
    const list = slow.runtime.runQuery(slow.call("notes:list"));
    expect(list).toMatchObject({
      value: ["to be ready", "one", "two", "three"],
    });
    await slow.close();
  });
});

function spin(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

function byBigint(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
