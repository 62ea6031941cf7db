import type { JSONValue } from "convex/values";
import { BackendError } from "../database/backend-error";
import {
  logStorageFailure,
  storageFailureText,
} from "../runtime/storage-failure";
import { StorageError } from "../storage/storage-error";
import { serverLog } from "../telemetry/server-log";

export function json(value: JSONValue, status = 200): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { "content-type": "application/json" },
  });
}

export function text(value: string): Response {
  return new Response(value, {
    headers: { "content-type": "text/plain; charset=utf-8" },
  });
}

export function empty(): Response {
  return new Response(null, { status: 200 });
}

/** `{code, message}` with the status of its category. Unexpected errors are logged and not shown. */
export function errorResponse(error: unknown): Response {
  if (error instanceof BackendError) {
    return json({ code: error.code, message: error.message }, error.status);
  }
  if (error instanceof StorageError) {
    logStorageFailure(error);
    const message = storageFailureText(error);
    return json({ code: "StorageUnavailable", message }, 507);
  }
  serverLog.error("A request failed", error);
  const message = "Your request couldn't be completed. Try again later.";
  return json({ code: "InternalServerError", message }, 500);
}
