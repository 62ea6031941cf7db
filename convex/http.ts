import { httpRouter } from "convex/server";
import { deliver } from "./api/webhooks";
import { auth } from "./auth";

const http = httpRouter();

auth.addHttpRoutes(http);
http.route({ pathPrefix: "/hooks/", method: "POST", handler: deliver });

export default http;
