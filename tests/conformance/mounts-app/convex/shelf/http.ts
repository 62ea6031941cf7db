import { httpRouter } from "convex/server";
import { api } from "./_generated/api";
import { httpAction } from "./_generated/server";

const http = httpRouter();
http.route({
  path: "/titles",
  method: "GET",
  handler: httpAction(async (ctx, request) =>
    Response.json({
      titles: await ctx.runQuery(api.books.titles, {}),
      path: new URL(request.url).pathname,
      owner: process.env.OWNER ?? null,
    }),
  ),
});
http.route({
  path: "/add",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    await ctx.runMutation(api.books.add, { title: await request.text() });
    return new Response(null, { status: 204 });
  }),
});
http.route({
  pathPrefix: "/by/",
  method: "GET",
  handler: httpAction(async () => new Response("of the shelf")),
});
export default http;
