import { fileURLToPath } from "node:url";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { ConvexProject } from "../support/convex-project";
import type { RunningBackend } from "../support/start-backend";
import { targetBackend } from "./target";

/** Types are checked by the specs which are about them; it takes longer than the rest of a push. */
export const UNTYPED = ["--typecheck", "disable"];
export const ISSUER = "https://issuer.test";

export type DeployedProject = {
  backend: RunningBackend;
  project: ConvexProject;
  stop: () => Promise<void>;
};

export type DeployedApp = DeployedProject & {
  /** From an issuer that is the deployment itself: its HTTP actions serve the keys. */
  signOwnToken(subject: string): Promise<string>;
  signToken(subject: string, options?: { expiresIn?: string }): Promise<string>;
};

/** A fixture app (a folder here), not yet pushed. */
async function prepare(app: string): Promise<DeployedProject> {
  const folder = fileURLToPath(new URL(`./${app}`, import.meta.url));
  const backend = await targetBackend();
  const project = new ConvexProject(folder, backend);
  const stop = async () => {
    await backend.stop();
    project.remove();
  };
  return { backend, project, stop };
}

/** A fixture app on a backend of its own, or on the deployment the suite was pointed at. */
export async function deployProject(
  app: string,
  options: { environment?: Record<string, string>; typecheck?: boolean } = {},
): Promise<DeployedProject> {
  const prepared = await prepare(app);
  const { project } = prepared;
  for (const [name, value] of Object.entries(options.environment ?? {}))
    await project.succeed("env", "set", name, value);
  await project.succeed("deploy", ...(options.typecheck ? [] : UNTYPED));
  return prepared;
}

/** The app with users, whose tokens it signs. */
export async function deployApp(app = "app"): Promise<DeployedApp> {
  const { backend, project, stop } = await prepare(app);
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
  await project.succeed("deploy", ...UNTYPED);
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
    stop,
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
