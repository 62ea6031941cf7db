import { httpRouter } from "convex/server";
import { api } from "./_generated/api";
import { httpAction } from "./_generated/server";

const http = httpRouter();
http.route({
  path: "/echo",
  method: "POST",
  handler: httpAction(
    async (_ctx, request) =>
      new Response(await request.text(), { headers: { "x-echo": "1" } }),
  ),
});
http.route({
  pathPrefix: "/count/",
  method: "GET",
  handler: httpAction(async (ctx, request) => {
    const messages = await ctx.runQuery(api.messages.list, {});
    return Response.json({
      count: messages.length,
      path: new URL(request.url).pathname,
    });
  }),
});
http.route({
  path: "/fail",
  method: "GET",
  handler: httpAction(async () => {
    throw new Error("on purpose");
  }),
});
http.route({
  path: "/.well-known/openid-configuration",
  method: "GET",
  handler: httpAction(async () =>
    Response.json({
      issuer: process.env.CONVEX_SITE_URL,
      jwks_uri: `${process.env.CONVEX_SITE_URL}/.well-known/jwks.json`,
    }),
  ),
});
http.route({
  path: "/.well-known/jwks.json",
  method: "GET",
  handler: httpAction(async () => {
    const [, encoded = ""] = (process.env.CONFORMANCE_JWKS ?? "").split(",");
    return new Response(decodeURIComponent(encoded));
  }),
});
export default http;
