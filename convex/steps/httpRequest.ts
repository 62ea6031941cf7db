/** Sends the request of an http step and turns whatever happens into a result. */
import { isTimeout } from "../language/abortReason";
import type { Json, StepError } from "../language/evaluation";
import type { JsonSchema } from "../language/graph";
import { validateJson } from "../language/jsonSchema";
import { clip } from "./clip";
import { fieldProblem, urlProblem } from "./requestProblems";
import {
  guardedFetch,
  type IncomingResponse,
  type OutgoingRequest,
  RefusedRequest,
} from "./guardedFetch";

export type HttpFailure = {
  http?: { method: string; url: string; status: number | null };
};
export type HttpResult =
  | { kind: "ok"; value: Json }
  | {
      kind: "failed";
      error: StepError & HttpFailure;
      retryAfterMs: number | null;
    };

export type HttpCall = {
  signal: AbortSignal;
  timeoutMs: number;
  /** The same on every attempt (E3). */
  idempotencyKey: string;
  responseSchema: JsonSchema | null;
  /** Statuses to retry; null means 408, 409, 425, 429 and 5xx. */
  retryOn: number[] | null;
};

const RETRYABLE_4XX = new Set([408, 409, 425, 429]);
const BODY_IN_MESSAGE = 300;

export async function sendRequest(
  request: Json,
  call: HttpCall,
): Promise<HttpResult> {
  const outgoing = toOutgoing(request, call.idempotencyKey);
  if (typeof outgoing === "string") return invalid(outgoing);
  try {
    const response = await guardedFetch(outgoing, call.signal);
    if (response.status >= 400)
      return statusFailure(outgoing, response, call.retryOn);
    return checked(outgoing, response, call.responseSchema);
  } catch (error) {
    return thrown(outgoing, error, call);
  }
}

/** What to send, or one sentence saying what is wrong with the request. */
export function toOutgoing(
  request: Json,
  idempotencyKey: string,
): OutgoingRequest | string {
  if (
    typeof request !== "object" ||
    request === null ||
    Array.isArray(request)
  ) {
    return 'request must give an object such as { url: "https://…" }.';
  }
  const { url, json, body } = request;
  if (typeof url !== "string") return "request must give a url, as text.";
  if (body !== undefined && body !== null && typeof body !== "string")
    return "body must be text; use json for values.";
  const problem = fieldProblem(request) ?? urlProblem(url);
  if (problem !== null) return problem;
  const hasJson = json !== undefined;
  const method = String(
    request["method"] ?? (hasJson || typeof body === "string" ? "POST" : "GET"),
  ).toUpperCase();
  const headers = headersOf(request["headers"]);
  if (hasJson) addHeader(headers, "content-type", "application/json");
  if (!["GET", "HEAD", "OPTIONS"].includes(method))
    addHeader(headers, "idempotency-key", idempotencyKey);
  const text = hasJson ? JSON.stringify(json) : (body ?? null);
  return {
    url: withQuery(url, request["query"]),
    method,
    headers,
    body: method === "GET" || method === "HEAD" ? null : text,
  };
}

function headersOf(given: Json | undefined): Record<string, string> {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return {};
  const entries = Object.entries(given).filter(([, value]) => value !== null);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, String(value)]),
  );
}

function addHeader(
  headers: Record<string, string>,
  name: string,
  value: string,
): void {
  if (!Object.keys(headers).some((key) => key.toLowerCase() === name))
    headers[name] = value;
}

function withQuery(url: string, query: Json | undefined): string {
  if (typeof query !== "object" || query === null || Array.isArray(query))
    return url;
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null)
        parameters.append(
          name,
          typeof one === "object" ? JSON.stringify(one) : String(one),
        );
    }
  }
  const text = parameters.toString();
  return text === "" ? url : `${url}${url.includes("?") ? "&" : "?"}${text}`;
}

function checked(
  request: OutgoingRequest,
  response: IncomingResponse,
  schema: JsonSchema | null,
): HttpResult {
  const body = bodyOf(response);
  if (schema === null) return { kind: "ok", value: valueOf(response, body) };
  const validation = validateJson(schema, body, "body");
  if (validation.ok)
    return { kind: "ok", value: valueOf(response, validation.value) };
  const problem = validation.issues[0]?.message ?? "it does not match.";
  const what = isJson(response)
    ? ""
    : ` It is ${contentType(response) || "of no stated type"}, not JSON.`;
  return failed(request, response.status, {
    name: "SchemaMismatchError",
    code: "schema_mismatch",
    message: `The answer does not match the response schema: ${problem}${what}`,
    retryable: false,
  });
}

function valueOf(response: IncomingResponse, body: Json): Json {
  return { status: response.status, headers: response.headers, body };
}

/** JSON when the answer says it is and it parses; else the text itself. */
function bodyOf(response: IncomingResponse): Json {
  if (!isJson(response)) return response.text;
  try {
    return JSON.parse(response.text) as Json;
  } catch {
    return response.text;
  }
}

function isJson(response: IncomingResponse): boolean {
  return /[/+]json\b/.test(contentType(response));
}

function contentType(response: IncomingResponse): string {
  return response.headers["content-type"] ?? "";
}

function statusFailure(
  request: OutgoingRequest,
  response: IncomingResponse,
  retryOn: number[] | null,
): HttpResult {
  const { status, statusText, text } = response;
  const retryable =
    retryOn?.includes(status) ?? (status >= 500 || RETRYABLE_4XX.has(status));
  const said =
    text.trim() === "" ? "" : `: ${clip(text.trim(), BODY_IN_MESSAGE)}`;
  const message = `${status}${statusText === "" ? "" : ` ${statusText}`}${said}`;
  const result = failed(request, status, {
    name: "HttpError",
    code: "http_status",
    message,
    retryable,
  });
  return {
    ...result,
    retryAfterMs: retryAfterMs(response.headers["retry-after"], Date.now()),
  };
}

/** Seconds or a date; never more than a day. */
export function retryAfterMs(
  header: string | undefined,
  now: number,
): number | null {
  if (header === undefined) return null;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds)
    ? seconds * 1000
    : Date.parse(header) - now;
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, 24 * 3600 * 1000) : null;
}

function thrown(
  request: OutgoingRequest,
  error: unknown,
  call: HttpCall,
): HttpResult {
  if (error instanceof RefusedRequest) {
    return failed(request, null, {
      name: "RequestRefusedError",
      code: error.code,
      message: error.message,
      retryable: false,
    });
  }
  if (call.signal.aborted && isTimeout(call.signal.reason)) {
    const message = `No answer within ${seconds(call.timeoutMs)}.`;
    return failed(request, null, {
      name: "TimeoutError",
      code: "timeout",
      message,
      retryable: true,
    });
  }
  if (call.signal.aborted) {
    return failed(request, null, {
      name: "CancelledError",
      code: "cancelled",
      message: "The request was cancelled.",
      retryable: false,
    });
  }
  return failed(request, null, {
    name: "NetworkError",
    code: "network",
    message: networkMessage(request, error),
    retryable: true,
  });
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`;
}

/** The cause says what happened ("connect ECONNREFUSED"); the error itself only says "fetch failed". */
function networkMessage(request: OutgoingRequest, error: unknown): string {
  const said = messageOf(causeOf(error)) ?? messageOf(error) ?? String(error);
  return `Could not reach ${new URL(request.url).host}: ${said}.`;
}

function causeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "cause" in error
    ? error.cause
    : null;
}

/** Not by `instanceof`: the error may come from outside the runtime's realm. */
function messageOf(error: unknown): string | null {
  const message =
    typeof error === "object" && error !== null && "message" in error
      ? error.message
      : null;
  return typeof message === "string" && message !== "" ? message : null;
}

function invalid(message: string): HttpResult {
  const error = {
    name: "InvalidRequestError",
    message,
    code: "invalid_request",
    retryable: false,
    frames: [],
  };
  return { kind: "failed", error, retryAfterMs: null };
}

function failed(
  request: OutgoingRequest,
  status: number | null,
  error: Pick<StepError, "name" | "code" | "message" | "retryable">,
): Extract<HttpResult, { kind: "failed" }> {
  const { method, url } = request;
  return {
    kind: "failed",
    error: { ...error, frames: [], http: { method, url, status } },
    retryAfterMs: null,
  };
}
