import { ConvexClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { generateKeyPair, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { callsTo, until } from "../calls";
import { ISSUER, type DeployedApp } from "../deployed-app";

type Identity = {
  subject: string;
  issuer: string;
  tokenIdentifier: string;
  role?: string;
} | null;
const me = makeFunctionReference<"query">("users:me");

/** A client that tells what it hears about its own authentication. */
class Listener {
  readonly client: ConvexClient;
  readonly authenticated: boolean[] = [];
  readonly subjects: (string | null)[] = [];
  refreshes = 0;

  constructor(url: string) {
    this.client = new ConvexClient(url, { logger: false });
    this.client.onUpdate(me, {}, (identity: Identity) =>
      this.subjects.push(identity?.subject ?? null),
    );
  }

  signIn(token: (refresh: boolean) => Promise<string | null>): void {
    this.client.setAuth(
      ({ forceRefreshToken }) => {
        if (forceRefreshToken) this.refreshes += 1;
        return token(forceRefreshToken);
      },
      (isAuthenticated) => this.authenticated.push(isAuthenticated),
    );
  }

  async sees(subject: string | null): Promise<void> {
    await until(
      async () => this.subjects,
      (all) => all.at(-1) === subject,
    );
  }
}

export function authSuite(app: () => DeployedApp): void {
  const listening = async (body: (listener: Listener) => Promise<void>) => {
    const listener = new Listener(app().backend.url);
    try {
      await body(listener);
    } finally {
      await listener.client.close();
    }
  };
  const forged = async (subject: string) => {
    const { privateKey } = await generateKeyPair("ES256");
    return new SignJWT({})
      .setProtectedHeader({ alg: "ES256", kid: "k1" })
      .setIssuer(ISSUER)
      .setSubject(subject)
      .setIssuedAt()
      .setExpirationTime("1h")
      .sign(privateKey);
  };

  describe.concurrent("authentication", () => {
    it("gives the identity's claims to every kind of function", async () => {
      const calls = callsTo(app().backend.url, await app().signToken("ada"));
      expect(await calls.query<Identity>("users:me")).toEqual({
        subject: "ada",
        issuer: ISSUER,
        tokenIdentifier: `${ISSUER}|ada`,
        role: "tester",
      });
      expect(await calls.mutation("users:meInMutation")).toBe(`${ISSUER}|ada`);
      expect(await calls.action("users:meThroughAction")).toEqual([
        "ada",
        "ada",
      ]);
    });
    it("follows a client that signs in, becomes another and signs out", () =>
      listening(async (listener) => {
        await listener.sees(null);
        listener.signIn(() => app().signToken("ada"));
        await listener.sees("ada");
        listener.signIn(() => app().signToken("bob"));
        await listener.sees("bob");
        expect(listener.authenticated.at(-1)).toBe(true);
        listener.client.client.clearAuth();
        await listener.sees(null);
      }));
    it("asks for a fresh token before the old one expires", () =>
      listening(async (listener) => {
        listener.signIn((refresh) =>
          app().signToken("ada", { expiresIn: refresh ? "1h" : "12s" }),
        );
        await listener.sees("ada");
        await until(
          async () => listener.refreshes,
          (count) => count >= 1,
        );
        await listener.sees("ada");
        expect(listener.authenticated.at(-1)).toBe(true);
      }));
    it("refuses a forged token, asks once more, and gives up", () =>
      listening(async (listener) => {
        listener.signIn(() => forged("eve"));
        await until(
          async () => listener.authenticated,
          (all) => all.at(-1) === false,
        );
        expect(listener.refreshes).toBeGreaterThan(0);
        await listener.sees(null);
        expect(listener.subjects).not.toContain("eve");
      }));
    it("recovers when the token after a refused one is good", () =>
      listening(async (listener) => {
        listener.signIn((refresh) =>
          refresh ? app().signToken("ada") : forged("eve"),
        );
        await listener.sees("ada");
        expect(listener.authenticated.at(-1)).toBe(true);
      }));
    it("refuses over HTTP what is forged, of another issuer, or nonsense", async () => {
      const ask = (token: string) =>
        callsTo(app().backend.url, token).query("users:me");
      await expect(ask(await forged("eve"))).rejects.toThrow(
        /InvalidAuthHeader|Could not/,
      );
      const { privateKey } = await generateKeyPair("ES256");
      const other = await new SignJWT({})
        .setProtectedHeader({ alg: "ES256", kid: "k1" })
        .setIssuer("https://other.test")
        .setSubject("x")
        .setIssuedAt()
        .setExpirationTime("1h")
        .sign(privateKey);
      await expect(ask(other)).rejects.toThrow(
        /No auth provider found matching the given token/,
      );
      await expect(ask("nonsense")).rejects.toThrow();
    });
  });
}
