/** Routes of the command line: pushes, environment variables, logs. All need the admin key. */
import { z } from "zod";
import type { Authenticator } from "../auth/authenticator";
import type { Database } from "../database/types";
import {
  parseEnvironmentChanges,
  type EnvironmentChange,
} from "../deploy/environment-variables";
import type { LogStream } from "../deploy/log-stream";
import { parseBody } from "../deploy/parse-body";
import { parsePushRequest } from "../deploy/push-request";
import type { Pushes } from "../deploy/pushes";
import { tableShapes } from "../deploy/table-shapes";
import { hasAdminKey, requireAdmin } from "./caller-identity";
import { jsonBody, MAX_JSON_BYTES, MAX_PUSH_BYTES } from "./request-body";
import { empty, json } from "./responses";
import type { RouteHandler, Router } from "./router";

const vKeyed = z.object({ adminKey: z.string() });

export type DeployRouteOptions = {
  authenticator: Authenticator;
  database: Database;
  pushes: Pushes;
  logs: LogStream;
  origins: { cloudUrl: string; siteUrl: string };
  environment: () => { [name: string]: string };
  changeEnvironment: (changes: EnvironmentChange[]) => Promise<void>;
};

export function addDeployRoutes(
  router: Router,
  options: DeployRouteOptions,
): void {
  const { pushes, origins, authenticator } = options;
  /** The key in the body is the one that counts; large bodies are read only for who has shown it before. */
  const keyed = (
    answer: (body: unknown) => Promise<Response> | Response,
  ): RouteHandler => {
    return async (request, _parameters, url) => {
      const isAdmin = await hasAdminKey(request, url, authenticator);
      const maxBytes = isAdmin ? MAX_PUSH_BYTES : MAX_JSON_BYTES;
      const body = await jsonBody(request, maxBytes);
      authenticator.requireAdminKey(parseBody(vKeyed, body).adminKey);
      return answer(body);
    };
  };
  const admin = (answer: RouteHandler): RouteHandler => {
    return async (request, parameters, url) => {
      await requireAdmin(request, url, authenticator);
      return answer(request, parameters, url);
    };
  };
  router
    .on(
      "POST",
      "/api/get_config_hashes",
      keyed(() => json(pushes.configHashes())),
    )
    .on(
      "POST",
      "/api/deploy2/evaluate_schema",
      keyed((body) => json(pushes.evaluateSchema(parsePushRequest(body)))),
    )
    .on(
      "POST",
      "/api/deploy2/evaluate_push",
      keyed(async (body) =>
        json(await pushes.evaluate(parsePushRequest(body))),
      ),
    )
    .on(
      "POST",
      "/api/deploy2/start_push",
      keyed(async (body) => json(await pushes.start(parsePushRequest(body)))),
    )
    .on(
      "POST",
      "/api/deploy2/wait_for_schema",
      keyed((body) => json(pushes.waitForSchema(body))),
    )
    .on(
      "POST",
      "/api/deploy2/finish_push",
      keyed(async (body) => json(await pushes.finish(body))),
    )
    .on(
      "POST",
      "/api/deploy2/report_push_completed",
      keyed(() => json(null)),
    )
    .on(
      "GET",
      "/api/v1/get_canonical_urls",
      admin(() =>
        json({
          convexCloudUrl: origins.cloudUrl,
          convexSiteUrl: origins.siteUrl,
        }),
      ),
    )
    .on(
      "GET",
      "/api/shapes2",
      admin(() => json(tableShapes(options.database))),
    )
    .on(
      "GET",
      "/api/v1/list_environment_variables",
      admin(() => json({ environmentVariables: options.environment() })),
    )
    .on(
      "POST",
      "/api/update_environment_variables",
      admin(async (request) => {
        await options.changeEnvironment(
          parseEnvironmentChanges(await jsonBody(request)),
        );
        return empty();
      }),
    )
    .on(
      "GET",
      "/api/stream_function_logs",
      admin((request, _parameters, url) =>
        logsAfter(options.logs, request, url),
      ),
    )
    .on(
      "GET",
      "/api/stream_udf_execution",
      admin((request, _parameters, url) =>
        logsAfter(options.logs, request, url),
      ),
    );
}

async function logsAfter(
  logs: LogStream,
  request: Request,
  url: URL,
): Promise<Response> {
  const cursor = Number(url.searchParams.get("cursor") ?? "0");
  return json(
    await logs.after(Number.isFinite(cursor) ? cursor : 0, request.signal),
  );
}
