/** For tests: functions behind a real socket, and tokens that they accept. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { Authenticator } from "../../auth/authenticator";
import { KeySets } from "../../auth/key-sets";
import { TokenVerifier } from "../../auth/token-verifier";
import type { SourceFiles } from "../../runtime/testing/bundle-modules";
import {
  startTestBackend,
  type TestBackend,
} from "../../runtime/testing/test-backend";
import { SyncServer } from "../sync-server";

const NOBODY = { ip: null, userAgent: null };

const ISSUER = "https://issuer.test";
const ADMIN_KEY = "test|key";

export interface SyncBackend extends TestBackend {
  readonly url: string;
  readonly adminKey: string;
  /** Of a user who is signed in for `seconds`. */
  tokenFor(subject: string, seconds?: number): Promise<string>;
}

export async function startSyncBackend(
  sources: SourceFiles,
  options: Parameters<typeof startTestBackend>[1] = {},
): Promise<SyncBackend> {
  const backend = await startTestBackend(sources, options);
  const { authenticator, tokenFor } = await createAuthenticator();
  const sync = new SyncServer({
    database: backend.database,
    functions: backend.runtime,
    authenticator,
    now: Date.now,
    newRequestId: () => "0123456789abcdef",
  });
  const server = createServer();
  server.on("upgrade", (request, socket, head) =>
    sync.upgrade(request, socket, { head, peer: NOBODY }),
  );
  return {
    ...backend,
    url: `http://127.0.0.1:${await listen(server)}`,
    adminKey: ADMIN_KEY,
    tokenFor,
    close: async () => {
      sync.terminate();
      server.close();
      await backend.close();
    },
  };
}

async function createAuthenticator() {
  const keys = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: "k", alg: "ES256" };
  const keySets = new KeySets({
    fetchDocument: async () => Response.json({ keys: [jwk] }),
    now: Date.now,
  });
  const verifier = new TokenVerifier({
    providers: () => [
      {
        type: "customJwt",
        issuer: ISSUER,
        jwks: `${ISSUER}/keys`,
        algorithm: "ES256",
        applicationID: null,
      },
    ],
    keySets,
    now: Date.now,
  });
  const tokenFor = (subject: string, seconds = 3600) =>
    new SignJWT({ sub: subject, iss: ISSUER })
      .setProtectedHeader({ alg: "ES256", kid: "k" })
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
      .sign(keys.privateKey);
  return {
    authenticator: new Authenticator({ adminKey: ADMIN_KEY, verifier }),
    tokenFor,
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve()),
  );
  return (server.address() as AddressInfo).port;
}
