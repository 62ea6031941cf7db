import { httpRouter } from "convex/server";
import { api, internal } from "./_generated/api";
import { httpAction } from "./_generated/server";

const http = httpRouter();
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;
for (const method of METHODS)
  http.route({
    path: "/method",
    method,
    handler: httpAction(
      async (_ctx, request) =>
        new Response(`${method} as ${request.method}`, {
          headers: { "x-method": method },
        }),
    ),
  });
http.route({
  path: "/echo",
  method: "POST",
  handler: httpAction(async (_ctx, request) => {
    const headers = new Headers({
      "x-type": request.headers.get("content-type") ?? "",
    });
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2");
    return new Response(await request.arrayBuffer(), { status: 201, headers });
  }),
});
http.route({
  path: "/request",
  method: "GET",
  handler: httpAction(async (_ctx, request) => {
    const url = new URL(request.url);
    return Response.json({
      path: url.pathname,
      query: [...url.searchParams],
      header: request.headers.get("x-custom"),
    });
  }),
});
http.route({
  pathPrefix: "/files/",
  method: "GET",
  handler: httpAction(
    async (_ctx, request) =>
      new Response(`prefix ${new URL(request.url).pathname}`),
  ),
});
http.route({
  pathPrefix: "/files/images/",
  method: "GET",
  handler: httpAction(async () => new Response("longer prefix")),
});
http.route({
  path: "/files/exact",
  method: "GET",
  handler: httpAction(async () => new Response("exact")),
});
/** The last part is sent only after somebody has noted "go". */
http.route({
  path: "/stream",
  method: "GET",
  handler: httpAction(async (ctx, request) => {
    const run = new URL(request.url).searchParams.get("run") ?? "";
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(encoder.encode("first"));
        while ((await ctx.runQuery(api.logs.notes, { run })).length === 0)
          await new Promise((resolve) => setTimeout(resolve, 50));
        controller.enqueue(encoder.encode("last"));
        controller.close();
      },
    });
    return new Response(body);
  }),
});
/** Answers with the length of each part as it came. */
http.route({
  path: "/measure",
  method: "POST",
  handler: httpAction(async (_ctx, request) => {
    let bytes = 0;
    const reader = request.body?.getReader();
    for (;;) {
      const part = await reader?.read();
      if (part === undefined || part.done) break;
      bytes += part.value.byteLength;
    }
    return Response.json({ bytes });
  }),
});
http.route({
  path: "/cors",
  method: "OPTIONS",
  handler: httpAction(
    async () =>
      new Response(null, {
        status: 204,
        headers: { "access-control-allow-origin": "https://app.test" },
      }),
  ),
});
http.route({
  path: "/store",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    const id = await ctx.storage.store(await request.blob());
    return Response.json({ id, url: await ctx.storage.getUrl(id) });
  }),
});
http.route({
  path: "/me",
  method: "GET",
  handler: httpAction(async (ctx) => {
    const me = await ctx.auth.getUserIdentity();
    const through = await ctx.runQuery(api.users.me, {});
    return Response.json([me?.subject ?? null, through?.subject ?? null]);
  }),
});
http.route({
  path: "/redirect",
  method: "GET",
  handler: httpAction(
    async () =>
      new Response(null, { status: 302, headers: { location: "/elsewhere" } }),
  ),
});
http.route({
  path: "/throws",
  method: "GET",
  handler: httpAction(async (ctx) => {
    await ctx.runQuery(internal.logs.inner, {});
    return new Response("not reached");
  }),
});
http.route({
  path: "/nothing",
  method: "GET",
  handler: httpAction(async () => undefined as unknown as Response),
});
export default http;
