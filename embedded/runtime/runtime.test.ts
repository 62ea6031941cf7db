import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JSONValue } from "convex/values";
import { startTestBackend, type TestBackend } from "./testing/test-backend";
import type { ActionOutcome, FunctionCall } from "./types";

const PRELUDE = `import { queryGeneric as query, mutationGeneric as mutation, actionGeneric as action,
  internalMutationGeneric as internalMutation, httpActionGeneric as httpAction, httpRouter, makeFunctionReference } from "convex/server";
  import { v, ConvexError } from "convex/values";
  const ref = (name) => makeFunctionReference(name);\n`;

const NOTES = `${PRELUDE}
export const list = query({ args: {}, handler: async (ctx) => (await ctx.db.query("notes").collect()).map((n) => n.text) });
export const add = mutation({ args: { text: v.string() }, returns: v.string(), handler: async (ctx, { text }) => {
  console.log("adding", text); return await ctx.db.insert("notes", { text }); } });
export const hidden = internalMutation({ args: {}, handler: async () => 1 });
export const badReturn = query({ args: {}, returns: v.number(), handler: async () => "x" });
export const who = query(async (ctx) => (await ctx.auth.getUserIdentity())?.subject ?? null);
export const setting = query(async () => process.env.SETTING ?? null);
export const failing = mutation(async (ctx) => { await ctx.db.insert("notes", { text: "lost" }); throw new ConvexError({ code: "NO" }); });
export const nested = mutation(async (ctx) => {
  await ctx.runMutation(ref("notes:add"), { text: "kept" });
  try { await ctx.runMutation(ref("notes:failing"), {}); } catch (error) { return [error instanceof ConvexError, error.data.code, await ctx.runQuery(ref("notes:list"), {})]; } });
export const wrongNested = query(async (ctx) => ctx.runMutation?.(ref("notes:add"), { text: "x" }) ?? "none");
export const forgets = mutation(async (ctx) => { ctx.db.insert("notes", { text: "forgotten" }); });
export const later = mutation(async (ctx) => await ctx.scheduler.runAfter(0, ref("notes:add"), { text: "later" }));
export const laterWrong = mutation(async (ctx) => await ctx.scheduler.runAfter(0, ref("notes:none"), {}));
export const uuids = mutation(async (ctx) => [await ctx.runMutation(ref("notes:uuid"), {}), await ctx.runMutation(ref("notes:uuid"), {})]);
export const uuid = mutation(async () => crypto.randomUUID());
export const page = query({ args: { paginationOpts: v.any() }, handler: async (ctx, { paginationOpts }) => await ctx.db.query("notes").paginate(paginationOpts) });
`;
const ACTIONS = `${PRELUDE}
export const both = action({ args: { text: v.string() }, handler: async (ctx, { text }) => {
  await ctx.runMutation(ref("notes:add"), { text });
  return await ctx.runQuery(ref("notes:list"), {}); } });
export const fails = action(async (ctx) => { await ctx.runMutation(ref("notes:failing"), {}); });
export const file = action(async (ctx) => {
  const id = await ctx.storage.store(new Blob(["abc"], { type: "text/plain" }));
  const blob = await ctx.storage.get(id);
  return [await blob.text(), (await ctx.storage.getUrl(id)).startsWith("http://cloud.test/api/storage/"), (await ctx.storage.getMetadata(id)).size]; });
`;
const HTTP = `${PRELUDE}
const http = httpRouter();
http.route({ path: "/echo", method: "POST", handler: httpAction(async (ctx, request) => {
  const text = await request.text();
  await ctx.runMutation(ref("notes:add"), { text });
  return new Response("got " + text, { status: 201, headers: { "x-path": new URL(request.url).pathname } }); }) });
http.route({ pathPrefix: "/files/", method: "GET", handler: httpAction(async () => new Response("prefix")) });
http.route({ path: "/throws", method: "GET", handler: httpAction(async () => { throw new Error("oops"); }) });
export default http;`;

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend({
    "notes.ts": NOTES,
    "acts.ts": ACTIONS,
    "http.ts": HTTP,
  });
});
afterAll(() => backend.close());

const query = (path: string, args?: JSONValue, more?: Partial<FunctionCall>) =>
  backend.runtime.runQuery(backend.call(path, args, more));
const mutate = (path: string, args?: JSONValue, more?: Partial<FunctionCall>) =>
  backend.runtime.runMutation(backend.call(path, args, more));
const act = (path: string, args?: JSONValue) =>
  backend.runtime.runAction(backend.call(path, args));

function valueOf(outcome: ActionOutcome): JSONValue {
  if (outcome.kind === "failed") throw new Error(outcome.errorMessage);
  return outcome.value;
}
function errorOf(outcome: ActionOutcome): string {
  if (outcome.kind === "ok") throw new Error("Expected a failure");
  return outcome.errorMessage;
}

describe("queries and mutations", () => {
  it("write, log and read back", async () => {
    const added = await mutate("notes:add", { text: "one" });
    expect(added).toMatchObject({
      kind: "ok",
      logLines: ["[LOG] 'adding' 'one'"],
    });
    expect(valueOf(query("notes:list"))).toContain("one");
  });

  it("report what a query depends on", () => {
    expect(query("notes:list").readIdentity).toBe(false);
    const who = query(
      "notes:who",
      {},
      {
        identity: {
          kind: "user",
          attributes: { subject: "me" },
          expiresAtMs: 1,
        },
      },
    );
    expect([
      valueOf(who),
      who.readIdentity,
      who.reads.tags.has("identity"),
    ]).toEqual(["me", true, true]);
    expect(query("notes:setting").reads.tags.has("env")).toBe(true);
  });

  it("see environment variables", async () => {
    await backend.database.write((tx) =>
      tx.system.insert("", "_environment_variables", {
        name: "SETTING",
        value: "x",
      }),
    );
    expect(valueOf(query("notes:setting"))).toBe("x");
  });

  it("check names, types, visibility, arguments and return values", async () => {
    expect(errorOf(query("notes:none"))).toContain(
      "Could not find public function for 'notes:none'.",
    );
    expect(errorOf(query("notes:add", { text: "x" }))).toContain(
      "Trying to execute notes.js:add as Query, but it is defined as Mutation.",
    );
    expect(errorOf(await mutate("notes:hidden"))).toContain(
      "Could not find public function for 'notes:hidden'",
    );
    expect(
      valueOf(await mutate("notes:hidden", {}, { allowInternal: true })),
    ).toBe(1);
    expect(errorOf(await mutate("notes:add", {}))).toContain(
      "\nArgumentValidationError: Object is missing the required field `text`.",
    );
    expect(errorOf(query("notes:badReturn"))).toContain(
      "\nReturnsValidationError: Value does not match validator.",
    );
  });

  it("roll back what throws, and pass on the data of a ConvexError", async () => {
    const failed = await mutate("notes:failing");
    expect(failed).toMatchObject({ kind: "failed", errorData: { code: "NO" } });
    expect(valueOf(query("notes:list"))).not.toContain("lost");
  });

  it("roll back a failed sub-transaction alone", async () => {
    const [isConvexError, code, list] = valueOf(
      await mutate("notes:nested"),
    ) as JSONValue[];
    expect([isConvexError, code]).toEqual([true, "NO"]);
    expect(list).toContain("kept");
    expect(list).not.toContain("lost");
  });

  it("give every nested call randomness of its own", async () => {
    const [first, second] = valueOf(await mutate("notes:uuids")) as string[];
    expect(first).not.toBe(second);
  });

  it("run forgotten awaits", async () => {
    await mutate("notes:forgets");
    expect(valueOf(query("notes:list"))).toContain("forgotten");
  });

  it("replay a request of the same session instead of running it again", async () => {
    const more = { idempotency: { sessionId: "s", requestId: 1 } };
    const first = await mutate("notes:add", { text: "once" }, more);
    const again = await mutate("notes:add", { text: "once" }, more);
    expect(again).toEqual(first);
    const list = valueOf(query("notes:list")) as string[];
    expect(list.filter((text) => text === "once")).toHaveLength(1);
  });

  it("paginate and give back a journal", () => {
    const paged = query("notes:page", {
      paginationOpts: { numItems: 1, cursor: null },
    });
    expect(valueOf(paged)).toMatchObject({ isDone: false });
    expect(paged.journal).toEqual(expect.any(String));
  });

  it("refuse to schedule what does not exist", async () => {
    expect(errorOf(await mutate("notes:laterWrong"))).toContain(
      "Attempted to schedule function, but no exported function none found in the file: notes.js.",
    );
    expect(valueOf(await mutate("notes:later"))).toEqual(expect.any(String));
  });
});

describe("actions", () => {
  it("call mutations and queries, each a transaction of its own", async () => {
    expect(valueOf(await act("acts:both", { text: "acted" }))).toContain(
      "acted",
    );
  });

  it("keep the data of a ConvexError thrown below them", async () => {
    expect(await act("acts:fails")).toMatchObject({
      kind: "failed",
      errorData: { code: "NO" },
    });
  });

  it("store and read files", async () => {
    expect(valueOf(await act("acts:file"))).toEqual(["abc", true, 3]);
  });
});

describe("http actions", () => {
  const send = (path: string, init?: RequestInit) =>
    backend.runtime.runHttpAction(
      new Request(`http://site.test${path}`, init),
      { kind: "none" },
    );

  it("route exactly and by prefix, and stream the response", async () => {
    const response = await send("/echo", { method: "POST", body: "hello" });
    expect([
      response.status,
      response.headers.get("x-path"),
      await response.text(),
    ]).toEqual([201, "/echo", "got hello"]);
    expect(await (await send("/files/a/b")).text()).toBe("prefix");
    const missing = await send("/nothing");
    expect([missing.status, await missing.text()]).toEqual([
      404,
      "No matching routes found",
    ]);
  });

  it("answer 500 when the handler throws", async () => {
    const response = await send("/throws");
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({
      code: expect.stringContaining("Server Error: Uncaught Error: oops"),
    });
  });
});
