import {
  createLocalJWKSet,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from "jose";
import { z } from "zod";
import { BackendError } from "../database/backend-error";

/** Injected, because an issuer may be this very deployment, which then answers in process. */
export type FetchDocument = (url: string) => Promise<Response>;

const FRESH_MS = 5 * 60_000;
const REFETCH_MS = 5_000;
const TIMEOUT_MS = 10_000;

const vKeySet = z.looseObject({
  keys: z.array(z.looseObject({ kty: z.string() })),
});
const vDiscovery = z.looseObject({ issuer: z.string(), jwks_uri: z.string() });

/** Keys at an URL or in a `data:` URI, cached; refetched when a token names a key that is not among them. */
export class KeySets {
  readonly #fetch: FetchDocument;
  readonly #now: () => number;
  readonly #cached = new Map<
    string,
    { keys: Promise<JWTVerifyGetKey>; atMs: number }
  >();

  constructor(options: { fetchDocument: FetchDocument; now: () => number }) {
    this.#fetch = options.fetchDocument;
    this.#now = options.now;
  }

  fromUrl(
    url: string,
    options: { isRetry: boolean },
  ): Promise<JWTVerifyGetKey> {
    return this.#cache(`keys ${url}`, options, async () =>
      createLocalJWKSet(await this.#keySet(url)),
    );
  }

  /** OpenID Connect discovery: `<issuer>/.well-known/openid-configuration`, then its `jwks_uri`. */
  fromIssuer(
    issuer: string,
    options: { isRetry: boolean },
  ): Promise<JWTVerifyGetKey> {
    return this.#cache(`issuer ${issuer}`, options, async () => {
      const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
      try {
        const discovery = vDiscovery.parse(await this.#json(url));
        return createLocalJWKSet(await this.#keySet(discovery.jwks_uri));
      } catch (error) {
        throw discoveryFailed(issuer, error);
      }
    });
  }

  #cache(
    name: string,
    { isRetry }: { isRetry: boolean },
    load: () => Promise<JWTVerifyGetKey>,
  ): Promise<JWTVerifyGetKey> {
    const cached = this.#cached.get(name);
    const maxAgeMs = isRetry ? REFETCH_MS : FRESH_MS;
    if (cached !== undefined && this.#now() - cached.atMs < maxAgeMs)
      return cached.keys;
    const keys = load();
    this.#cached.set(name, { keys, atMs: this.#now() });
    keys.catch(() => this.#cached.delete(name));
    return keys;
  }

  async #keySet(url: string): Promise<JSONWebKeySet> {
    return vKeySet.parse(await this.#json(url));
  }

  async #json(url: string): Promise<unknown> {
    const response = url.startsWith("data:")
      ? await fetch(url)
      : await withTimeout(this.#fetch(url));
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    const parsed: unknown = JSON.parse(await response.text());
    return parsed;
  }
}

function discoveryFailed(issuer: string, cause: unknown): BackendError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BackendError(
    "AuthProviderDiscoveryFailed",
    `Auth provider discovery of ${issuer} failed: ${reason}`,
    {
      status: 401,
    },
  );
}

async function withTimeout<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("timed out")), TIMEOUT_MS);
  });
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}
