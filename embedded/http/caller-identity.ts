import {
  parseAuthorization,
  type Authenticator,
  type AuthToken,
} from "../auth/authenticator";
import { BackendError } from "../database/backend-error";
import type { HttpIdentity } from "../runtime/http-actions";
import type { Identity, RequestOrigin } from "../runtime/types";
import { peerOf } from "./request-peer";

/** Who calls, by the Authorization header or, without one, by `?adminKey=`. */
export function callerIdentity(
  request: Request,
  url: URL,
  authenticator: Authenticator,
): Promise<Identity> {
  return authenticator.identify(callerToken(request, url));
}

function callerToken(request: Request, url: URL): AuthToken {
  const token = parseAuthorization(request.headers.get("authorization"));
  const key = url.searchParams.get("adminKey");
  return token.kind === "none" && key !== null ? { kind: "admin", key } : token;
}

export async function requireAdmin(
  request: Request,
  url: URL,
  authenticator: Authenticator,
): Promise<void> {
  const identity = await callerIdentity(request, url, authenticator);
  if (identity.kind === "admin") return;
  throw new BackendError("BadAdminKey", "This route needs an admin key", {
    status: 401,
  });
}

export async function hasAdminKey(
  request: Request,
  url: URL,
  authenticator: Authenticator,
): Promise<boolean> {
  try {
    const identity = await callerIdentity(request, url, authenticator);
    return identity.kind === "admin";
  } catch {
    return false;
  }
}

/** What functions may ask about the request. A token counts only as proof of who the user is. */
export function requestOrigin(
  request: Request,
  identity: HttpIdentity,
): RequestOrigin {
  const [, token = null] =
    /^bearer\s+(\S+)/i.exec(request.headers.get("authorization") ?? "") ?? [];
  return {
    ip: peerOf(request),
    userAgent: request.headers.get("user-agent"),
    authToken: identity.kind === "user" ? token : null,
    scheduledFunctionId: null,
  };
}

/** HTTP actions run for whoever calls; a token that does not verify shows when the handler asks who it is. */
export async function httpActionIdentity(
  request: Request,
  authenticator: Authenticator,
): Promise<HttpIdentity> {
  try {
    return await authenticator.identify(
      parseAuthorization(request.headers.get("authorization")),
    );
  } catch (error) {
    if (error instanceof BackendError)
      return { kind: "invalid", error: error.message };
    throw error;
  }
}
