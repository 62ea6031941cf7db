import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { isNoticing } from "./realm/rejection-notice";
import { startTestBackend, type TestBackend } from "./testing/test-backend";

const SOURCE = `
import { mutationGeneric as mutation, queryGeneric as query, makeFunctionReference } from "convex/server";
let executions = 0;
const insert = (ctx, body) => ctx.db.insert("notes", { body });
const fails = async (text) => { throw new Error(text); };
export const plain = mutation(async (ctx) => { executions++; await insert(ctx, "plain"); return "done"; });
export const lost = mutation(async (ctx) => { await insert(ctx, "lost"); void fails("nobody looked"); return "done"; });
export const later = mutation(async (ctx) => {
  executions++;
  await insert(ctx, "later");
  const failed = fails("seen in the end");
  await insert(ctx, "even later");
  return await failed.catch((error) => error.message);
});
export const caught = mutation(async () => { executions++; try { await fails("x"); } catch { return "caught"; } });
export const refused = mutation(async (ctx) => { executions++; await insert(ctx, "refused"); throw new Error("no"); });
const lostRef = makeFunctionReference("acts:lost");
export const calls = mutation(async (ctx) => {
  try { return await ctx.runMutation(lostRef, {}); } catch (error) { return "the call failed"; }
});
export const lostQuery = query(async () => { void fails("nobody looked"); return 1; });
export const caughtQuery = query(async () => { const failed = fails("x"); await null; return await failed.catch(() => 2); });
export const notes = query(async (ctx) => (await ctx.db.query("notes").collect()).map(({ body }) => body));
export const executed = mutation(async () => { const n = executions; executions = 0; return n; });
`;

let backend: TestBackend;
const told: unknown[] = [];
const tell = (reason: unknown): void => void told.push(reason);

beforeAll(async () => {
  process.on("unhandledRejection", tell);
  backend = await startTestBackend({ "acts.ts": SOURCE });
});
afterEach(() => expect(told).toEqual([]));
afterAll(async () => {
  process.off("unhandledRejection", tell);
  await backend.close();
});

const mutate = (name: string) =>
  backend.runtime.runMutation(backend.call(`acts:${name}`, {}));
const ask = (name: string) =>
  backend.runtime.runQuery(backend.call(`acts:${name}`, {}));

async function executions(work: () => unknown): Promise<unknown> {
  await mutate("executed");
  await work();
  const outcome = await mutate("executed");
  return outcome.kind === "ok" ? outcome.value : outcome;
}

it("are noticed by this Node", () => {
  expect(isNoticing()).toBe(true);
});

it("cost a handler without any nothing: it is executed once", async () => {
  expect(await executions(() => mutate("plain"))).toBe(1);
});

it("that nobody handles fail a mutation, and nothing is written", async () => {
  const before = ask("notes");
  expect(await mutate("lost")).toMatchObject({
    kind: "failed",
    errorMessage: expect.stringContaining("nobody looked"),
  });
  expect(ask("notes")).toMatchObject({
    value: before.kind === "ok" ? before.value : null,
  });
});

it("that are handled later fail nothing: what was written is there once", async () => {
  const executed = await executions(async () =>
    expect(await mutate("later")).toMatchObject({ value: "seen in the end" }),
  );
  expect(executed).toBe(2);
  const { value } = ask("notes") as { value: string[] };
  expect(value.filter((body) => body.includes("later"))).toEqual([
    "later",
    "even later",
  ]);
});

it("that were caught fail nothing", async () => {
  expect(await mutate("caught")).toMatchObject({ value: "caught" });
});

it("do not execute again what failed by itself", async () => {
  expect(await executions(() => mutate("refused"))).toBe(1);
});

it("fail the function that is called, not its caller", async () => {
  expect(await mutate("calls")).toMatchObject({ value: "the call failed" });
});

it("fail queries that do not handle them, and no others", () => {
  expect(ask("lostQuery")).toMatchObject({
    kind: "failed",
    errorMessage: expect.stringContaining("nobody looked"),
  });
  expect(ask("caughtQuery")).toMatchObject({ value: 2 });
});
