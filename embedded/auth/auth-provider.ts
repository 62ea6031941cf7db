import type { JSONValue } from "convex/values";
import { z } from "zod";
import { BackendError } from "../database/backend-error";

export type AuthProvider =
  | { type: "oidc"; domain: string; applicationID: string }
  | {
      type: "customJwt";
      issuer: string;
      jwks: string;
      algorithm: "RS256" | "ES256";
      applicationID: string | null;
    };

const vOidc = z.strictObject({
  type: z.literal("oidc").optional(),
  domain: z.string(),
  applicationID: z.string(),
});
const vCustomJwt = z.strictObject({
  type: z.literal("customJwt"),
  issuer: z.string(),
  jwks: z.string(),
  algorithm: z.enum(["RS256", "ES256"]),
  applicationID: z.string().nullish(),
});
const vAuthConfig = z.object({
  providers: z.array(z.union([vCustomJwt, vOidc])),
});

/** Parses what `auth.config.ts` exports; anything else fails the push. */
export function parseAuthConfig(config: JSONValue): AuthProvider[] {
  const parsed = vAuthConfig.safeParse(config);
  if (!parsed.success) {
    throw new BackendError(
      "AuthConfigNotMatchingSchemaError",
      `auth config file must include a list of provider credentials: ${z.prettifyError(parsed.error)}`,
    );
  }
  return parsed.data.providers.map(toProvider);
}

type ParsedProvider = z.infer<typeof vAuthConfig>["providers"][number];

function toProvider(provider: ParsedProvider): AuthProvider {
  if (provider.type === "customJwt") {
    return {
      type: "customJwt",
      issuer: withScheme(provider.issuer),
      jwks: provider.jwks,
      algorithm: provider.algorithm,
      applicationID: provider.applicationID ?? null,
    };
  }
  return {
    type: "oidc",
    domain: withScheme(provider.domain),
    applicationID: provider.applicationID,
  };
}

function withScheme(issuer: string): string {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(issuer)
    ? issuer
    : `https://${issuer}`;
  if (URL.canParse(url)) return url;
  throw new BackendError(
    "InvalidProviderDomainUrl",
    `Invalid provider domain URL "${issuer}": not a valid URL`,
  );
}

/** The form `start_push` answers with; `applicationID` must be present as null for the command line to accept it. */
export function providerToJson(provider: AuthProvider): JSONValue {
  switch (provider.type) {
    case "oidc":
      return { domain: provider.domain, applicationID: provider.applicationID };
    case "customJwt":
      return { ...provider };
    default:
      return provider satisfies never;
  }
}

export function describeProvider(provider: AuthProvider): string {
  switch (provider.type) {
    case "oidc":
      return `OIDC(domain=${provider.domain}, app_id=${provider.applicationID})`;
    case "customJwt":
      return `CustomJWT(issuer=${provider.issuer}, app_id=${provider.applicationID ?? "none"})`;
    default:
      return provider satisfies never;
  }
}

export function issuerOf(provider: AuthProvider): string {
  return provider.type === "oidc" ? provider.domain : provider.issuer;
}
