import { z } from "zod";
import type { JSONValue } from "convex/values";
import type { Authenticator } from "../auth/authenticator";
import type { ClientFunctions } from "../deploy/client-functions";
import { parseBody } from "../deploy/parse-body";
import { outcomeJson } from "./function-routes";
import { jsonBody } from "./request-body";
import { json } from "./responses";
import type { Router } from "./router";

const vInlineQuery = z.object({
  adminKey: z.string(),
  componentId: z.string().nullish(),
  args: z.custom<JSONValue>().optional(),
  bundle: z.object({ source: z.string() }),
  format: z.enum(["convex_encoded_json", "json"]).default("json"),
});

export type InlineQueryRouteOptions = {
  authenticator: Authenticator;
  functions: Pick<ClientFunctions, "runInlineQuery">;
  newRequestId: () => string;
};

/** `npx convex run --inline-query`. Queries only: nothing that it runs can write. */
export function addInlineQueryRoute(
  router: Router,
  { authenticator, functions, newRequestId }: InlineQueryRouteOptions,
): void {
  router.on("POST", "/api/run_test_function", async (request) => {
    const { adminKey, componentId, args, bundle, format } = parseBody(
      vInlineQuery,
      await jsonBody(request),
    );
    authenticator.requireAdminKey(adminKey);
    const outcome = await functions.runInlineQuery({
      componentPath: componentId ?? "",
      args: args ?? {},
      source: bundle.source,
      requestId: newRequestId(),
    });
    return json(outcomeJson(outcome, format === "json" ? "clean" : "encoded"));
  });
}
