import type { JSONValue } from "convex/values";
import type { AuthProvider } from "./auth-provider";

export type Claims = { [claim: string]: JSONValue };

export const OIDC_NAMES: Readonly<Record<string, string>> = {
  name: "name",
  given_name: "givenName",
  family_name: "familyName",
  nickname: "nickname",
  preferred_username: "preferredUsername",
  profile: "profileUrl",
  picture: "pictureUrl",
  website: "websiteUrl",
  email: "email",
  email_verified: "emailVerified",
  gender: "gender",
  birthdate: "birthday",
  zoneinfo: "timezone",
  locale: "language",
  phone_number: "phoneNumber",
  phone_number_verified: "phoneNumberVerified",
};
const REGISTERED = new Set([
  "iss",
  "sub",
  "aud",
  "exp",
  "iat",
  "nbf",
  "jti",
  "fva",
]);

/** What `ctx.auth.getUserIdentity()` returns for the claims of a verified token. */
export function identityAttributes(
  claims: Claims,
  type: AuthProvider["type"],
): Claims {
  const issuer = String(claims["iss"]);
  const subject = String(claims["sub"]);
  const basics = { tokenIdentifier: `${issuer}|${subject}`, subject, issuer };
  const rest = Object.entries(claims).filter(
    ([name, value]) => !REGISTERED.has(name) && value !== null,
  );
  const mapped =
    type === "oidc"
      ? rest.map(oidcAttribute)
      : rest.flatMap(([name, value]) => flatten(name, value));
  return { ...Object.fromEntries(mapped), ...basics };
}

function oidcAttribute([name, value]: [string, JSONValue]): [
  string,
  JSONValue,
] {
  const known = OIDC_NAMES[name];
  if (known !== undefined) return [known, value];
  if (
    name === "address" &&
    isObject(value) &&
    typeof value["formatted"] === "string"
  ) {
    return ["address", value["formatted"]];
  }
  if (name === "updated_at") return ["updatedAt", rfc3339(value)];
  return [name, value];
}

function rfc3339(value: JSONValue): JSONValue {
  return typeof value === "number"
    ? new Date(value * 1000).toISOString()
    : value;
}

function flatten(name: string, value: JSONValue): [string, JSONValue][] {
  if (!isObject(value)) return [[name, value]];
  return Object.entries(value).flatMap(([key, inner]) =>
    flatten(`${name}.${key}`, inner),
  );
}

function isObject(value: JSONValue): value is { [key: string]: JSONValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
