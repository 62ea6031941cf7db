/** What the environment says about a start, read and checked once. */
import { join, resolve } from "node:path";
import { root } from "./paths.mjs";
import { portFrom } from "./ports.mjs";

export function readSettings(argv) {
  const host = process.env.HOST || "127.0.0.1";
  const data = resolve(root, process.env.LOCKSTEP_DATA || ".lockstep");
  const settings = {
    watch: argv.includes("--watch"),
    host,
    data,
    envFile: resolve(root, process.env.LOCKSTEP_ENV_FILE || ".env.local"),
    /** Kept apart per caller so that the tests never replace the build that somebody is being served. */
    distDir: process.env.LOCKSTEP_NEXT_DIR || ".next",
    webPort: portFrom("PORT", 3000),
    convexPort: portFrom("CONVEX_PORT", 3210),
    sitePort: portFrom("CONVEX_SITE_PORT", 3211),
    demoPort: portFrom("DEMO_PORT", 3212),
    stateFile: join(data, "start.json"),
    adminKeyFile: join(data, "admin-key"),
  };
  return { ...settings, ...addresses(settings) };
}

/** A wildcard host listens everywhere and is spoken to on loopback; browsers elsewhere use the address they came by. */
function addresses({ host, webPort, convexPort, sitePort }) {
  const wildcard = host === "0.0.0.0" || host === "::";
  const reachable = wildcard ? "127.0.0.1" : host;
  return {
    reachable,
    webUrl: process.env.SITE_URL || `http://${reachable}:${webPort}`,
    convexUrl: `http://${reachable}:${convexPort}`,
    siteUrl: `http://${reachable}:${sitePort}`,
  };
}

/** The deployment named in the environment when it is not the embedded one: then only the web app is ours to start. */
export function otherDeployment(settings) {
  const url = process.env.NEXT_PUBLIC_CONVEX_URL;
  return url && !sameOrigin(url, settings.convexUrl) ? url : null;
}

function sameOrigin(a, b) {
  const local = (text) =>
    new URL(text).origin.replace("//localhost:", "//127.0.0.1:");
  try {
    return local(a) === local(b);
  } catch {
    return false;
  }
}
