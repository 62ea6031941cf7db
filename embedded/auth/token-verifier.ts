import {
  decodeJwt,
  errors,
  jwtVerify,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
} from "jose";
import { BackendError } from "../database/backend-error";
import type { Identity } from "../runtime/types";
import { describeProvider, issuerOf, type AuthProvider } from "./auth-provider";
import { identityAttributes, type Claims } from "./identity-attributes";
import type { KeySets } from "./key-sets";

export type UserIdentity = Extract<Identity, { kind: "user" }>;

/** Turns a token into the identity it proves, against the providers of the deployed `auth.config.ts`. */
export class TokenVerifier {
  readonly #providers: () => readonly AuthProvider[];
  readonly #keySets: KeySets;
  readonly #now: () => number;

  constructor(options: {
    providers: () => readonly AuthProvider[];
    keySets: KeySets;
    now: () => number;
  }) {
    this.#providers = options.providers;
    this.#keySets = options.keySets;
    this.#now = options.now;
  }

  /** Throws `BackendError` with status 401. */
  async verify(token: string): Promise<UserIdentity> {
    const provider = this.#providerFor(unverifiedClaims(token));
    try {
      return await this.#verifyWith(provider, token, { isRetry: false });
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey))
        throw unauthenticated(error);
    }
    try {
      return await this.#verifyWith(provider, token, { isRetry: true });
    } catch (error) {
      throw unauthenticated(error);
    }
  }

  #providerFor(claims: { issuer: string; audiences: string[] }): AuthProvider {
    const providers = this.#providers();
    const found = providers.find((provider) => matches(provider, claims));
    if (found !== undefined) return found;
    throw noProvider(providers);
  }

  async #verifyWith(
    provider: AuthProvider,
    token: string,
    options: { isRetry: boolean },
  ): Promise<UserIdentity> {
    const keys = await this.#keys(provider, options);
    const { payload } = await jwtVerify(
      token,
      keys,
      verifyOptions(provider, this.#now()),
    );
    const claims = payload as Claims;
    return {
      kind: "user",
      attributes: identityAttributes(claims, provider.type),
      expiresAtMs: Number(claims["exp"]) * 1000,
    };
  }

  #keys(
    provider: AuthProvider,
    options: { isRetry: boolean },
  ): Promise<JWTVerifyGetKey> {
    return provider.type === "oidc"
      ? this.#keySets.fromIssuer(provider.domain, options)
      : this.#keySets.fromUrl(provider.jwks, options);
  }
}

function verifyOptions(
  provider: AuthProvider,
  nowMs: number,
): JWTVerifyOptions {
  const algorithms =
    provider.type === "oidc" ? ["RS256", "EdDSA"] : [provider.algorithm];
  return {
    algorithms,
    requiredClaims: ["iss", "sub", "exp"],
    clockTolerance: 5,
    currentDate: new Date(nowMs),
  };
}

function unverifiedClaims(token: string): {
  issuer: string;
  audiences: string[];
} {
  try {
    const { iss, aud } = decodeJwt(token);
    const audiences = aud === undefined ? [] : Array.isArray(aud) ? aud : [aud];
    return { issuer: iss ?? "", audiences };
  } catch (error) {
    throw unauthenticated(error);
  }
}

function matches(
  provider: AuthProvider,
  claims: { issuer: string; audiences: string[] },
): boolean {
  if (comparable(issuerOf(provider)) !== comparable(claims.issuer))
    return false;
  return (
    provider.applicationID === null ||
    claims.audiences.includes(provider.applicationID)
  );
}

function comparable(issuer: string): string {
  const url = issuer.includes("://") ? issuer : `https://${issuer}`;
  return url.replace(/\/$/, "");
}

function noProvider(providers: readonly AuthProvider[]): BackendError {
  const listed =
    providers.length === 0
      ? "(no providers configured). Check convex/auth.config.ts."
      : `[${providers.map(describeProvider).join(", ")}]`;
  return new BackendError(
    "NoAuthProvider",
    "No auth provider found matching the given token. Check that your JWT's issuer and audience match one of your " +
      (providers.length === 0
        ? "configured providers "
        : "configured providers: ") +
      listed,
    { status: 401 },
  );
}

function unauthenticated(error: unknown): BackendError {
  if (error instanceof BackendError) return error;
  if (error instanceof errors.JWTExpired) {
    return new BackendError(
      "InvalidAuthHeader",
      "Could not validate token: Token expired",
      { status: 401 },
    );
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return new BackendError(
      "InvalidAuthHeader",
      "Could not decode token. The JWT's 'kid' (key ID) header does not match any key in the provider's JWKS.",
      { status: 401 },
    );
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new BackendError(
    "InvalidAuthHeader",
    `Could not validate token: ${reason}`,
    { status: 401 },
  );
}
