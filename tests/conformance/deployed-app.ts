import { fileURLToPath } from "node:url";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { ConvexProject } from "../support/convex-project";
import { startBackend, type RunningBackend } from "../support/start-backend";

const APP = fileURLToPath(new URL("./app", import.meta.url));
export const ISSUER = "https://issuer.test";

export type DeployedApp = {
  backend: RunningBackend;
  project: ConvexProject;
  /** From an issuer that is the deployment itself: its HTTP actions serve the keys. */
  signOwnToken(subject: string): Promise<string>;
  signToken(subject: string, options?: { expiresIn?: string }): Promise<string>;
  stop(): Promise<void>;
};

/** The fixture app on a backend of its own. */
export async function deployApp(): Promise<DeployedApp> {
  const backend = await startBackend();
  const project = new ConvexProject(APP, backend);
  const keys = await generateKeyPair("ES256", { extractable: true });
  const ownKeys = await generateKeyPair("EdDSA", { extractable: true });
  const jwks = encodeURIComponent(
    JSON.stringify({
      keys: [
        { ...(await exportJWK(keys.publicKey)), kid: "k1", alg: "ES256" },
        { ...(await exportJWK(ownKeys.publicKey)), kid: "k2", alg: "EdDSA" },
      ],
    }),
  );
  await project.succeed(
    "env",
    "set",
    "CONFORMANCE_JWKS",
    `data:application/json,${jwks}`,
  );
  await project.succeed("deploy");
  return {
    backend,
    project,
    signOwnToken: (subject) =>
      new SignJWT({ name: "Own" })
        .setProtectedHeader({ alg: "EdDSA", kid: "k2" })
        .setIssuer(backend.siteUrl)
        .setAudience("convex")
        .setSubject(subject)
        .setIssuedAt()
        .setExpirationTime("1h")
        .sign(ownKeys.privateKey),
    signToken: (subject, options = {}) =>
      new SignJWT({ role: "tester" })
        .setProtectedHeader({ alg: "ES256", kid: "k1" })
        .setIssuer(ISSUER)
        .setSubject(subject)
        .setIssuedAt()
        .setExpirationTime(options.expiresIn ?? "1h")
        .sign(keys.privateKey),
    stop: async () => {
      await backend.stop();
      project.remove();
    },
  };
}

/** Polls until `check` holds. */
export async function eventually(
  check: () => boolean | Promise<boolean>,
  withinMs = 10_000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await check())) {
    if (Date.now() > deadline)
      throw new Error(`not so within ${withinMs} ms: ${check.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
