/** Users of tests: attributes that a test leaves out are made up, always the same ones for the same user. */
import { createHash } from "node:crypto";
import type { UserIdentity } from "convex/server";
import type { JSONValue } from "convex/values";
import { OIDC_NAMES } from "../auth/identity-attributes";
import type { Identity } from "../runtime/types";

const ISSUER = "https://convex.test";

export function completeIdentity(given: Partial<UserIdentity>): UserIdentity {
  const issuer = given.issuer ?? ISSUER;
  const subject = given.subject ?? subjectFor(given);
  const tokenIdentifier = given.tokenIdentifier ?? `${issuer}|${subject}`;
  return { ...given, issuer, subject, tokenIdentifier };
}

export function callerIdentity(identity: UserIdentity): Identity {
  return {
    kind: "user",
    // Attributes come from the claims of a token, which is JSON.
    attributes: JSON.parse(JSON.stringify(identity)) as {
      [claim: string]: JSONValue;
    },
    expiresAtMs: Infinity,
  };
}

/** The token such a user would have sent, unsigned. */
export function unsignedToken(identity: UserIdentity): string {
  const claims = Object.entries(identity).flatMap(([attribute, value]) =>
    attribute === "tokenIdentifier" ? [] : [[claimOf(attribute), value]],
  );
  const parts = [{ alg: "none", typ: "JWT" }, Object.fromEntries(claims)];
  const encoded = parts.map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  return `${encoded.join(".")}.`;
}

const CLAIMS: ReadonlyMap<string, string> = new Map([
  ...Object.entries(OIDC_NAMES).map(
    ([claim, attribute]) => [attribute, claim] as const,
  ),
  ["subject", "sub"],
  ["issuer", "iss"],
  ["updatedAt", "updated_at"],
]);

function claimOf(attribute: string): string {
  return CLAIMS.get(attribute) ?? attribute;
}

function subjectFor(given: Partial<UserIdentity>): string {
  const hash = createHash("sha256").update(JSON.stringify(given));
  return hash.digest("hex").slice(0, 16);
}
