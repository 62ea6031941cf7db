import type { Authenticator } from "../auth/authenticator";
import { readBytes } from "../runtime/request-bytes";
import type { Runtime } from "../runtime/types";
import { PROMETHEUS_CONTENT_TYPE } from "../telemetry/prometheus-text";
import { requireAdmin } from "./caller-identity";
import { preflight, withCors } from "./cors";
import { addDeployRoutes, type DeployRouteOptions } from "./deploy-routes";
import {
  addFunctionRoutes,
  type FunctionRouteOptions,
} from "./function-routes";
import { answerHttpAction } from "./http-actions";
import type { Health } from "./health";
import {
  addInlineQueryRoute,
  type InlineQueryRouteOptions,
} from "./inline-query-route";
import { metricsPage, type MetricsSource } from "./metrics-page";
import { errorResponse, json, text } from "./responses";
import { Router } from "./router";
import {
  addSnapshotRoutes,
  type SnapshotRouteOptions,
} from "./snapshot-routes";
import { addStorageRoutes } from "./storage-routes";

export type FetchHandler = (request: Request) => Promise<Response>;

const MAX_ECHO_BYTES = 128 * 1024 * 1024;
const GREETING =
  "This Convex deployment is running. See https://docs.convex.dev/.";

export type ApiOptions = DeployRouteOptions &
  SnapshotRouteOptions &
  InlineQueryRouteOptions &
  FunctionRouteOptions & {
    runtime: Runtime;
    authenticator: Authenticator;
    instanceName: string;
    version: string;
    health: Health;
    metrics: MetricsSource;
  };

/** The API origin: everything under `/api`, HTTP actions under `/http`, and who answers here. */
export function createApiHandler(options: ApiOptions): FetchHandler {
  const router = new Router();
  addFunctionRoutes(router, options);
  addStorageRoutes(router, options.runtime.files);
  addDeployRoutes(router, options);
  addSnapshotRoutes(router, options);
  addInlineQueryRoute(router, options);
  addInstanceRoutes(router, options);
  addOperatorRoutes(router, options);
  return guarded(async (request) => {
    const url = new URL(request.url);
    if (url.pathname === "/http" || url.pathname.startsWith("/http/")) {
      const path = url.pathname.slice("/http".length) || "/";
      return answerHttpAction(
        request,
        new URL(path + url.search, url.origin),
        options,
      );
    }
    if (request.method === "OPTIONS") return preflight(request);
    return withCors(
      request,
      await guarded(async () => router.handle(request, url))(request),
    );
  });
}

/** The site origin: HTTP actions and nothing else. */
export function createSiteHandler(
  options: Pick<ApiOptions, "runtime" | "authenticator">,
): FetchHandler {
  return guarded((request) =>
    answerHttpAction(request, new URL(request.url), options),
  );
}

function addInstanceRoutes(router: Router, options: ApiOptions): void {
  router
    .on("GET", "/", () => text(GREETING))
    .on("GET", "/version", () => text(options.version))
    .on("GET", "/instance_version", () => text(options.version))
    .on("GET", "/instance_name", () => text(options.instanceName))
    .on(
      "POST",
      "/echo",
      async (request) =>
        new Response(new Uint8Array(await readBytes(request, MAX_ECHO_BYTES))),
    );
}

/** Whether it works may be asked by everybody; how busy it is, only with the admin key. */
function addOperatorRoutes(router: Router, options: ApiOptions): void {
  router
    .on("GET", "/health", () => {
      options.health.check();
      return json({ status: "ok" });
    })
    .on("GET", "/metrics", async (request, _parameters, url) => {
      await requireAdmin(request, url, options.authenticator);
      return new Response(metricsPage(options.metrics), {
        headers: { "content-type": PROMETHEUS_CONTENT_TYPE },
      });
    });
}

function guarded(handler: FetchHandler): FetchHandler {
  return async (request) => {
    try {
      return await handler(request);
    } catch (error) {
      return errorResponse(error);
    }
  };
}
