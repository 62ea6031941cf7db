import type { JSONValue } from "convex/values";
import { BackendError } from "../database/backend-error";
import type { Identity } from "../runtime/types";
import { isSameKey } from "./admin-key";
import type { TokenVerifier } from "./token-verifier";

export type AuthToken =
  | { kind: "none" }
  | { kind: "user"; token: string }
  | { kind: "admin"; key: string; actingAs?: JSONValue };

/** The one place where a caller's word becomes an identity. */
export class Authenticator {
  readonly #adminKey: string;
  readonly #verifier: TokenVerifier;

  constructor(options: { adminKey: string; verifier: TokenVerifier }) {
    this.#adminKey = options.adminKey;
    this.#verifier = options.verifier;
  }

  /** Throws `BackendError` with status 401. */
  async identify(token: AuthToken): Promise<Identity> {
    switch (token.kind) {
      case "none":
        return { kind: "none" };
      case "user":
        return this.#verifier.verify(token.token);
      case "admin":
        this.requireAdminKey(token.key);
        return token.actingAs === undefined
          ? { kind: "admin" }
          : { kind: "admin", actingAs: token.actingAs };
      default:
        return token satisfies never;
    }
  }

  requireAdminKey(key: string): void {
    if (isSameKey(key, this.#adminKey)) return;
    throw new BackendError(
      "BadAdminKey",
      "The provided admin key was invalid for this instance",
      { status: 401 },
    );
  }
}

/** `Convex <key>`, `Convex <key>:<base64 of the attributes to act as>`, `Bearer <jwt>`, or nothing. */
export function parseAuthorization(header: string | null): AuthToken {
  if (header === null || header.trim() === "") return { kind: "none" };
  const [scheme = "", ...rest] = header.trim().split(/\s+/);
  const value = rest.join(" ");
  if (value === "")
    throw new BackendError(
      "InvalidHeaderFailure",
      "The Authorization header has no value",
    );
  switch (scheme.toLowerCase()) {
    case "convex":
      return parseAdminToken(value);
    case "bearer":
      return { kind: "user", token: value };
    default:
      throw new BackendError(
        "HeaderParseFailure",
        "The Authorization header must be `Convex <key>` or `Bearer <jwt>`",
      );
  }
}

function parseAdminToken(value: string): AuthToken {
  const colon = value.indexOf(":");
  if (colon < 0) return { kind: "admin", key: value };
  return {
    kind: "admin",
    key: value.slice(0, colon),
    actingAs: parseActingAs(value.slice(colon + 1)),
  };
}

function parseActingAs(encoded: string): JSONValue {
  try {
    return JSON.parse(
      Buffer.from(encoded, "base64").toString("utf8"),
    ) as JSONValue;
  } catch {
    throw new BackendError(
      "InvalidAdminKey",
      "The identity in the Authorization header is not base64 of JSON",
    );
  }
}
