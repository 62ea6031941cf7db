/** A small app whose functions give bad callers something to hold on to. */
export const SOURCES = {
  "messages.ts": `
    import { queryGeneric as query, mutationGeneric as mutation } from "convex/server";
    import { v } from "convex/values";
    export const list = query({
      args: {},
      handler: async (ctx) => (await ctx.db.query("messages").collect()).map((row) => row.body),
    });
    export const send = mutation({
      args: { body: v.string() },
      handler: async (ctx, { body }) => { await ctx.db.insert("messages", { body }); },
    });
    export const find = query({
      args: { id: v.id("messages") },
      handler: (ctx, { id }) => ctx.db.get(id),
    });
    export const any = query({ args: { value: v.any() }, handler: (_ctx, { value }) => value ?? null });
    export const keep = mutation({
      args: { value: v.any() },
      handler: async (ctx, { value }) => { await ctx.db.insert("kept", { value }); },
    });
    export const numbered = query({ args: { n: v.number() }, handler: (_ctx, { n }) => n });
    export const large = query({
      args: { megabytes: v.number(), n: v.optional(v.number()) },
      handler: (_ctx, { megabytes }) => "x".repeat(megabytes * 1024 * 1024),
    });
  `,
  "work.ts": `
    import { actionGeneric as action, mutationGeneric as mutation, queryGeneric as query } from "convex/server";
    import { v } from "convex/values";
    export const sleep = action({
      args: { ms: v.number() },
      handler: async (_ctx, { ms }) => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        return "slept";
      },
    });
    export const uploadUrl = mutation({ args: {}, handler: (ctx) => ctx.storage.generateUploadUrl() });
    export const fileUrl = query({ args: { id: v.string() }, handler: (ctx, { id }) => ctx.storage.getUrl(id) });
  `,
  "http.ts": `
    import { httpRouter, httpActionGeneric as httpAction } from "convex/server";
    const http = httpRouter();
    const numberOf = (request, name) => Number(new URL(request.url).searchParams.get(name));
    http.route({ path: "/slow", method: "GET", handler: httpAction(async (_ctx, request) => {
      await new Promise((resolve) => setTimeout(resolve, numberOf(request, "ms")));
      return new Response("done");
    }) });
    http.route({ path: "/large", method: "GET", handler: httpAction(async (_ctx, request) =>
      new Response("x".repeat(numberOf(request, "megabytes") * 1024 * 1024))) });
    http.route({ path: "/length", method: "POST", handler: httpAction(async (_ctx, request) =>
      Response.json((await request.arrayBuffer()).byteLength)) });
    http.route({ pathPrefix: "/path/", method: "GET", handler: httpAction(async (_ctx, request) =>
      new Response(new URL(request.url).pathname)) });
    export default http;
  `,
};
