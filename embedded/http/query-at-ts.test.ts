/** `ConvexHttpClient.consistentQuery`: all of a client's queries see the state of its first. */
import { ConvexHttpClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createBackend, type Backend } from "../backend";
import { bundleModules } from "../runtime/testing/bundle-modules";
import { APP } from "../runtime/testing/test-backend";

const ORIGIN = "http://cloud.test";
const SOURCE = `import { queryGeneric as query, mutationGeneric as mutation } from "convex/server";
export const list = query(async (ctx) => (await ctx.db.query("notes").collect()).map(({ text }) => text));
export const add = mutation(async (ctx, { text }) => { await ctx.db.insert("notes", { text }); });
export const rename = mutation(async (ctx, { from, to }) => {
  for (const note of await ctx.db.query("notes").collect()) if (note.text === from) await ctx.db.patch(note._id, { text: to }); });
`;
const list = makeFunctionReference<"query">("notes:list");
const add = makeFunctionReference<"mutation">("notes:add");
const rename = makeFunctionReference<"mutation">("notes:rename");

let backend: Backend;
beforeAll(async () => {
  const origins = { cloudUrl: ORIGIN, siteUrl: "http://site.test" };
  backend = await createBackend({ dataFolder: ":memory:", origins });
  const modules = await bundleModules({ "notes.ts": SOURCE });
  await backend.runtime.load([{ ...APP, modules }]);
});
afterAll(() => backend.close());

function newClient(): ConvexHttpClient {
  const answer = (input: string | URL | Request, init?: RequestInit) =>
    Promise.resolve(backend.api(new Request(input, init)));
  return new ConvexHttpClient(ORIGIN, { fetch: answer });
}

it("is not disturbed by what others write meanwhile", async () => {
  const [reader, writer] = [newClient(), newClient()];
  for (const text of ["a", "b"]) await writer.mutation(add, { text });
  expect(await reader.consistentQuery(list)).toEqual(["a", "b"]);
  await writer.mutation(rename, { from: "a", to: "c" });
  await writer.mutation(add, { text: "d" });
  expect(await reader.consistentQuery(list)).toEqual(["a", "b"]);
  expect(await reader.query(list)).toEqual(["c", "b", "d"]);
  expect(await newClient().consistentQuery(list)).toEqual(["c", "b", "d"]);
});

it("sees nothing before the first write, and is refused for the future", async () => {
  await newClient().mutation(add, { text: "e" });
  const at = async (ts: string) => {
    const body = JSON.stringify({ path: "notes:list", args: {}, ts });
    const url = `${ORIGIN}/api/query_at_ts`;
    const headers = { "content-type": "application/json" };
    const request = new Request(url, { method: "POST", headers, body });
    const response = await backend.api(request);
    return [response.status, await response.json()];
  };
  const nothing = { status: "success", value: [] };
  expect(await at("AAAAAAAAAAA=")).toEqual([200, nothing]);
  const refused = { code: "InvalidTimestamp" };
  expect(await at("/////////38=")).toMatchObject([400, refused]);
});
