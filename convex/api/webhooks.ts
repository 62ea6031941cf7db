/** `POST /hooks/{token}`: the body is the input of a run. */
import { internal } from "../_generated/api";
import type { ErrorCode, ErrorData } from "../errors";
import { httpAction } from "../functions";
import { hashToken } from "../model/webhookTokens";

const MAX_BODY_BYTES = 5 * 1024 * 1024;

export const deliver = httpAction(async (ctx, request) => {
  const token = new URL(request.url).pathname.slice("/hooks/".length);
  const body = await bodyOf(request);
  if (body.kind === "refused") return failure(body.status, body.error);
  const answer = await ctx.runMutation(internal.triggerRuns.deliver, {
    tokenHash: await hashToken(token),
    input: body.json,
    idempotencyKey: request.headers.get("idempotency-key"),
  });
  if (answer.kind === "refused") {
    const error: ErrorData = answer.error;
    return failure(STATUS[error.code] ?? 400, error);
  }
  const { runId, number, outcome } = answer;
  return Response.json({ runId, number, outcome }, { status: 202 });
});

type Body =
  | { kind: "read"; json: string }
  | { kind: "refused"; status: number; error: ErrorData };

async function bodyOf(request: Request): Promise<Body> {
  if (Number(request.headers.get("content-length")) > MAX_BODY_BYTES)
    return tooLarge();
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > MAX_BODY_BYTES) return tooLarge();
  const text = new TextDecoder().decode(bytes).trim();
  if (text === "") return { kind: "read", json: "{}" };
  try {
    JSON.parse(text);
    return { kind: "read", json: text };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `The body is not JSON: ${reason}.`;
    const code = "invalid_argument";
    return { kind: "refused", status: 400, error: { code, message } };
  }
}

function tooLarge(): Body {
  const message = "The body is larger than 5 MiB.";
  const error = { code: "payload_too_large" as const, message };
  return { kind: "refused", status: 413, error };
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  not_found: 404,
  invalid_input: 422,
  payload_too_large: 413,
  rate_limited: 429,
  paused: 409,
  not_published: 409,
  conflict: 409,
  dropped: 409,
  invalid_key: 422,
};

function failure(status: number, error: ErrorData): Response {
  const { code, message, retryAfterMs, ...details } = error;
  const hasDetails = Object.keys(details).length > 0;
  const headers: Record<string, string> =
    retryAfterMs === undefined
      ? {}
      : { "retry-after": String(Math.ceil(retryAfterMs / 1000)) };
  const shown = hasDetails ? { code, message, details } : { code, message };
  return Response.json({ error: shown }, { status, headers });
}
