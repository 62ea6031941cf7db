/** The variables a deployment needs, made on its first start and then left alone, but for what follows our own ports. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { ExplainedError } from "./explained-error.mjs";
import { programs } from "./paths.mjs";
import { runToEnd } from "./processes.mjs";

/**
 * The keys built-in accounts sign their tokens with, in the form Convex Auth reads them: PKCS8 on one line, and a JWKS.
 *
 * @returns {{ JWT_PRIVATE_KEY: string, JWKS: string }}
 */
export function makeSigningKeys() {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
  });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  const jwk = publicKey.export({ format: "jwk" });
  return {
    JWT_PRIVATE_KEY: pem.trimEnd().replace(/\n/g, " "),
    JWKS: JSON.stringify({ keys: [{ use: "sig", ...jwk }] }),
  };
}

/**
 * What has to change: keys that are missing are made, `SITE_URL` follows the web address, `DEMO_URL` tells the templates
 * where the demo server is, and that is added to the private addresses workflows may call, unless all are allowed.
 *
 * @param {Record<string, string>} existing
 * @param {{ siteUrl: string, demoAddress: string }} ours
 * @returns {Record<string, string>}
 */
export function wantedChanges(existing, { siteUrl, demoAddress }) {
  /** @type {Record<string, string>} */
  const changes = {};
  if (!existing.SECRETS_KEY) {
    changes.SECRETS_KEY = randomBytes(32).toString("base64");
  }
  if (!existing.JWT_PRIVATE_KEY || !existing.JWKS) {
    Object.assign(changes, makeSigningKeys());
  }
  if (existing.SITE_URL !== siteUrl) changes.SITE_URL = siteUrl;
  const demoUrl = `http://${demoAddress}`;
  if (existing.DEMO_URL !== demoUrl) changes.DEMO_URL = demoUrl;
  const allowed = (existing.ALLOW_PRIVATE_NETWORK ?? "")
    .split(/[\s,]+/)
    .filter(Boolean);
  if (!allowed.includes("true") && !allowed.includes(demoAddress)) {
    changes.ALLOW_PRIVATE_NETWORK = [...allowed, demoAddress].join(",");
  }
  return changes;
}

/** Reads all variables through the official command line. */
export async function readVariables(deployment) {
  const { code, lines } = await runToEnd({
    args: [programs.convex, "env", "list"],
    env: deployment.cliEnv,
  });
  if (code !== 0) {
    throw new ExplainedError(
      `The deployment's variables could not be read from ${deployment.url}: ${lines.slice(-5).join(" ")}`,
    );
  }
  const pairs = lines.flatMap((line) => {
    const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line);
    return match ? [[match[1], unquote(match[2])]] : [];
  });
  return Object.fromEntries(pairs);
}

function unquote(text) {
  const match = /^(["'])(.*)\1$/.exec(text);
  return match ? match[2] : text;
}

export async function writeVariables(deployment, values) {
  const changes = Object.entries(values).map(([name, value]) => ({
    name,
    value,
  }));
  if (changes.length === 0) return;
  const response = await fetch(
    `${deployment.url}/api/update_environment_variables`,
    {
      method: "POST",
      headers: {
        authorization: `Convex ${deployment.adminKey}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ changes }),
    },
  );
  if (response.ok) return;
  throw new ExplainedError(
    `The deployment at ${deployment.url} refused its variables (${response.status}): ${await response.text()}`,
  );
}
