/** Every limit of a query or mutation, and what they may not do, with the exact texts of Convex. */
import type { JSONValue } from "convex/values";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestBackend, type TestBackend } from "./testing/test-backend";

const SOURCE = `
import { queryGeneric as query, mutationGeneric as mutation, makeFunctionReference } from "convex/server";
import { v } from "convex/values";
const MEGABYTE = "x".repeat(1_000_000);
const ref = (name) => makeFunctionReference("limits:" + name);
const times = async (count, work) => { for (let n = 0; n < count; n++) await work(n); };
export const insert = mutation({ args: { table: v.string(), count: v.number(), large: v.boolean() },
  handler: async (ctx, { table, count, large }) => {
    await times(count, (n) => ctx.db.insert(table, large ? { n, text: MEGABYTE } : { n })); } });
export const readMany = query(async (ctx) => { await times(5, () => ctx.db.query("many").collect()); });
export const readLarge = query(async (ctx) => { await times(2, () => ctx.db.query("large").collect()); });
export const readOften = query(async (ctx) => {
  const { _id } = await ctx.db.query("many").first();
  await times(4096, () => ctx.db.get(_id)); });
export const writeLarge = mutation(async (ctx) => { await times(17, () => ctx.db.insert("new", { text: MEGABYTE })); });
export const nestedWrites = mutation(async (ctx) => {
  await ctx.db.insert("many", { n: 1 });
  await ctx.runMutation(ref("insert"), { table: "many", count: 16_000, large: false }); });
export const schedule = mutation(async (ctx) => { await times(1001, () => ctx.scheduler.runAfter(0, ref("nothing"), {})); });
export const scheduleLarge = mutation(async (ctx) => {
  await times(17, () => ctx.scheduler.runAfter(0, ref("nothing"), { text: MEGABYTE })); });
export const nothing = mutation(async () => null);
export const scheduleUnknown = mutation(async (ctx) => { await ctx.scheduler.runAfter(0, ref("nothing"), { at: ctx.db.vars.commitTs }); });
export const passOn = mutation(async (ctx) => await ctx.runMutation(ref("giveBack"), { at: ctx.db.vars.commitTs }));
export const giveBack = mutation(async (ctx, { at }) => at === ctx.db.vars.commitTs ? at : null);
export const far = mutation(async (ctx) => { await ctx.scheduler.runAfter(6 * 365 * 86_400_000, ref("nothing"), {}); });
export const past = mutation(async (ctx) => { await ctx.scheduler.runAt(0, ref("nothing"), {}); });
export const large = query(async () => MEGABYTE.repeat(17));
export const loop = query(async () => { for (;;); });
export const deep = query(async (ctx) => await ctx.runQuery(ref("deep"), {}));
export const net = query(async () => { await fetch("https://example.com"); });
export const netCaught = query(async () => { try { await fetch("https://example.com"); } catch { return "caught"; } });
export const timeout = mutation(async () => { setTimeout(() => {}, 1); });
export const interval = mutation(async () => { setInterval(() => {}, 1); });
export const key = query(async () => { await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt"]); });
export const twoPages = query(async (ctx) => {
  const page = () => ctx.db.query("many").paginate({ numItems: 1, cursor: null });
  await page(); await page(); });
export const look = mutation(async (ctx) => {
  const before = Date.now();
  await ctx.db.query("many").take(100);
  for (let n = 0; n < 1e4; n++) Math.sqrt(n);
  return { isFrozen: Date.now() === before && new Date().getTime() === before, random: Math.random(), uuid: crypto.randomUUID(),
    nested: await ctx.runQuery(ref("time"), {}) === before }; });
export const time = query(async () => Date.now());
`;
const READ_LESS =
  "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a selective index range expressions.";
const USE_ACTION =
  "in queries and mutations. Please consider using an action. See https://docs.convex.dev/functions/actions for more details.";

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend(
    { "limits.ts": SOURCE },
    { limits: { userTimeMs: 60_000 } },
  );
  await mutate("insert", { table: "many", count: 6500, large: false });
  for (const count of [9, 8])
    await mutate("insert", { table: "large", count, large: true });
}, 60_000);
afterAll(() => backend.close());

type Kind = "query" | "mutation";

const mutate = (name: string, args: JSONValue = {}) =>
  backend.runtime.runMutation(backend.call(`limits:${name}`, args));

/** The message without request id and stack. */
async function failure(
  kind: Kind,
  name: string,
  args: JSONValue = {},
): Promise<string> {
  const outcome =
    kind === "query"
      ? backend.runtime.runQuery(backend.call(`limits:${name}`, args))
      : await mutate(name, args);
  if (outcome.kind === "ok") return `ok: ${JSON.stringify(outcome.value)}`;
  const [, message = ""] = outcome.errorMessage.split("\n");
  return message;
}

describe("limits", () => {
  it.each<[Kind, string, string]>([
    [
      "query",
      "readMany",
      `Uncaught Error: Too many documents read in a single function execution (limit: 32000). ${READ_LESS}`,
    ],
    [
      "query",
      "readLarge",
      `Uncaught Error: Too many bytes read in a single function execution (limit: 16777216 bytes). ${READ_LESS}`,
    ],
    [
      "query",
      "readOften",
      `Uncaught Error: Too many reads in a single function execution (limit: 4096). ${READ_LESS}`,
    ],
    [
      "mutation",
      "writeLarge",
      "Uncaught Error: Too many bytes written in a single function execution (limit: 16 MiB)",
    ],
    [
      "mutation",
      "schedule",
      "Uncaught Error: Too many functions scheduled by this mutation (limit: 1000)",
    ],
    [
      "mutation",
      "scheduleLarge",
      "Uncaught Error: Too large total size of the arguments of scheduled functions from this mutation (limit: 16777216 bytes)",
    ],
    [
      "query",
      "large",
      "Function limits.js:large return value is too large (actual: 16.21 MiB, limit: 16 MiB)",
    ],
    [
      "query",
      "twoPages",
      "Uncaught Error: This query or mutation function ran multiple paginated queries. Convex only supports a single paginated query in each function.",
    ],
  ])("of a %s: %s", async (kind, name, text) => {
    expect(await failure(kind, name)).toBe(text);
  });

  it("of time", async () => {
    const limited = await startTestBackend({ "limits.ts": SOURCE });
    const outcome = limited.runtime.runQuery(limited.call("limits:loop"));
    expect(outcome).toMatchObject({
      errorMessage: expect.stringMatching(
        /\nFunction execution timed out \(maximum duration: 1s\)/,
      ) as string,
    });
    await limited.close();
  });

  it("of arguments", async () => {
    const args = { text: "x".repeat(17_000_000) };
    expect(await failure("mutation", "nothing", args)).toBe(
      "Arguments for limits.js:nothing are too large (actual: 16.21 MiB, limit: 16 MiB)",
    );
  });

  it.each<[JSONValue, string]>([
    [{ $integer: "AA==" }, "Int64 must be exactly eight bytes"],
    [Infinity, "number out of range"],
    ["\ud800", "String is not valid Unicode"],
    [
      { $commitTs: null },
      "Field name $commitTs starts with a '$', which is reserved.",
    ],
  ])("of arguments that are no values: %j", async (value, text) => {
    const error = `Invalid arguments for limits.js:nothing: ${text}`;
    expect(await failure("mutation", "nothing", { value })).toBe(error);
  });

  it("of what is scheduled: no commit timestamp that is not known yet", async () => {
    expect(await failure("mutation", "scheduleUnknown")).toContain(
      "Invalid arguments for limits.js:nothing: Field name $commitTs starts with a '$'",
    );
    expect(await failure("mutation", "passOn")).toMatch(/^ok: \{"\$integer":/);
  });

  it("of calls within calls", async () => {
    expect(await failure("query", "deep")).toContain(
      "Cross component call depth limit exceeded. Do you have an infinite loop in your app?",
    );
  });

  it("of the time for which functions are scheduled", async () => {
    expect(await failure("mutation", "far")).toContain(
      " is more than 5 years in the future",
    );
    expect(await failure("mutation", "past")).toContain(
      " is more than 5 years in the past",
    );
  });

  it("of writes, shared with what is called, and nothing of them stays", async () => {
    const count = () =>
      backend.database.read((tx) => tx.count("", "many")).value;
    const before = count();
    expect(await failure("mutation", "nestedWrites")).toBe(
      "Uncaught Error: Uncaught Error: Too many writes in a single function execution (limit: 16000)",
    );
    expect(count()).toBe(before);
  });
});

describe("queries and mutations", () => {
  it.each<[Kind, string, string]>([
    ["query", "net", `Can't use fetch() ${USE_ACTION}`],
    ["query", "netCaught", `Can't use fetch() ${USE_ACTION}`],
    ["mutation", "timeout", `Can't use setTimeout() ${USE_ACTION}`],
    ["mutation", "interval", `Can't use setInterval() ${USE_ACTION}`],
    ["query", "key", `Can't use cryptographic randomness ${USE_ACTION}`],
  ])("as a %s cannot %s", async (kind, name, text) => {
    expect(await failure(kind, name)).toBe(text);
  });

  it("see time stand still, in what they call as well, and random numbers of their own", async () => {
    const outcomes = [await mutate("look"), await mutate("look")];
    const [first, second] = outcomes.map((outcome) => {
      if (outcome.kind === "failed") throw new Error(outcome.errorMessage);
      return outcome.value as { random: number; uuid: string };
    });
    expect(first).toMatchObject({ isFrozen: true, nested: true });
    expect(first?.random).not.toBe(second?.random);
    expect(first?.uuid).not.toBe(second?.uuid);
  });
});
