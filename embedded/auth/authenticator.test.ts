import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import type { AuthProvider } from "./auth-provider";
import { parseAuthConfig } from "./auth-provider";
import { Authenticator, parseAuthorization } from "./authenticator";
import { KeySets } from "./key-sets";
import { TokenVerifier } from "./token-verifier";

const SITE = "http://127.0.0.1:3211";
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let jwks: string;

beforeAll(async () => {
  keys = await generateKeyPair("RS256", { extractable: true });
  const jwk = await exportJWK(keys.publicKey);
  jwks = JSON.stringify({
    keys: [{ ...jwk, kid: "k1", alg: "RS256", use: "sig" }],
  });
});

function authenticator(providers: AuthProvider[]): Authenticator {
  const documents: Record<string, string> = {
    [`${SITE}/.well-known/openid-configuration`]: JSON.stringify({
      issuer: SITE,
      jwks_uri: `${SITE}/keys`,
    }),
    [`${SITE}/keys`]: jwks,
  };
  const keySets = new KeySets({
    fetchDocument: async (url) =>
      new Response(documents[url] ?? null, {
        status: url in documents ? 200 : 404,
      }),
    now: Date.now,
  });
  const verifier = new TokenVerifier({
    providers: () => providers,
    keySets,
    now: Date.now,
  });
  return new Authenticator({ adminKey: "test|abc", verifier });
}

function sign(
  claims: Record<string, unknown>,
  options: { expires?: string } = {},
): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: "RS256", kid: "k1" })
    .setIssuedAt()
    .setExpirationTime(options.expires ?? "1h")
    .sign(keys.privateKey);
}

const oidc: AuthProvider[] = [
  { type: "oidc", domain: SITE, applicationID: "convex" },
];

describe("tokens", () => {
  it("of an OIDC provider are verified with its discovered keys", async () => {
    const token = await sign({
      iss: SITE,
      sub: "u1|s1",
      aud: "convex",
      given_name: "Ada",
      role: "x",
    });
    expect(
      await authenticator(oidc).identify({ kind: "user", token }),
    ).toMatchObject({
      kind: "user",
      attributes: {
        subject: "u1|s1",
        issuer: SITE,
        tokenIdentifier: `${SITE}|u1|s1`,
        givenName: "Ada",
        role: "x",
      },
    });
  });
  it("of a custom provider are verified with keys from a data URI and flattened", async () => {
    const [provider] = parseAuthConfig({
      providers: [
        {
          type: "customJwt",
          issuer: "https://issuer.test",
          jwks: `data:application/json,${encodeURIComponent(jwks)}`,
          algorithm: "RS256",
        },
      ],
    });
    if (provider === undefined) throw new Error("no provider");
    const token = await sign({
      iss: "https://issuer.test",
      sub: "u",
      org: { id: 7 },
    });
    expect(
      await authenticator([provider]).identify({ kind: "user", token }),
    ).toMatchObject({
      attributes: { "org.id": 7, subject: "u" },
    });
  });
  it("that are expired, for another audience or altered are refused with 401", async () => {
    const backend = authenticator(oidc);
    const expired = await sign(
      { iss: SITE, sub: "u", aud: "convex" },
      { expires: "-1h" },
    );
    const foreign = await sign({ iss: SITE, sub: "u", aud: "other" });
    const good = await sign({ iss: SITE, sub: "u", aud: "convex" });
    for (const token of [
      expired,
      foreign,
      `${good.slice(0, -6)}AAAAAA`,
      "helloworld",
    ]) {
      await expect(
        backend.identify({ kind: "user", token }),
      ).rejects.toMatchObject({ status: 401 });
    }
  });
});

describe("admin keys", () => {
  it("are accepted only when equal", async () => {
    const backend = authenticator([]);
    expect(await backend.identify({ kind: "admin", key: "test|abc" })).toEqual({
      kind: "admin",
    });
    await expect(
      backend.identify({ kind: "admin", key: "test|ab" }),
    ).rejects.toMatchObject({ code: "BadAdminKey" });
  });
  it("carry the identity to act as", () => {
    const actingAs = { subject: "u", issuer: "i" };
    const encoded = Buffer.from(JSON.stringify(actingAs)).toString("base64");
    expect(parseAuthorization(`Convex a|b:${encoded}`)).toEqual({
      kind: "admin",
      key: "a|b",
      actingAs,
    });
  });
});

describe("authorization headers", () => {
  it("without a known scheme are refused", () => {
    expect(() => parseAuthorization("Basic abc")).toThrow();
    expect(parseAuthorization(null)).toEqual({ kind: "none" });
  });
});
