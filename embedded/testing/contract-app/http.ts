import { httpRouter } from "convex/server";
import { api } from "./_generated/api";
import { httpAction } from "./server";

const http = httpRouter();

http.route({
  path: "/notes",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    const id = await ctx.runMutation(api.notes.add, {
      text: await request.text(),
    });
    return Response.json({ id }, { status: 201 });
  }),
});

http.route({
  pathPrefix: "/echo/",
  method: "GET",
  handler: httpAction(async (ctx, request) => {
    const { pathname, search } = new URL(request.url);
    const name = (await ctx.auth.getUserIdentity())?.name ?? "nobody";
    return new Response(`${pathname}${search} ${name}`);
  }),
});

http.route({
  path: "/broken",
  method: "GET",
  handler: httpAction(async () => {
    throw new Error("broken");
  }),
});

export default http;
