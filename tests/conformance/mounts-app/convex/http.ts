import { httpRouter } from "convex/server";
import { httpAction } from "./_generated/server";

const say = (text: string) => httpAction(async () => new Response(text));

const http = httpRouter();
http.route({ path: "/shelf/exact", method: "GET", handler: say("exact") });
http.route({
  pathPrefix: "/shelf/by/longer/",
  method: "GET",
  handler: say("longer"),
});
http.route({ pathPrefix: "/", method: "GET", handler: say("of the app") });
export default http;
