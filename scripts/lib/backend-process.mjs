/** The embedded backend as a child process, and what its variables and functions need on a start. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import {
  readVariables,
  wantedChanges,
  writeVariables,
} from "./deployment-variables.mjs";
import { ExplainedError } from "./explained-error.mjs";
import { fingerprint } from "./fingerprint.mjs";
import { programs, root } from "./paths.mjs";
import { answers, requireFreePort } from "./ports.mjs";
import { runToEnd } from "./processes.mjs";
import { readState, updateState } from "./state-file.mjs";

function makeDataFolder(data) {
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new ExplainedError(
      `The data folder ${data} cannot be made (${error.code}); allow writing there, or choose another with LOCKSTEP_DATA.`,
    );
  }
}

/**
 * Starts the backend and resolves to how to reach it once it answers.
 *
 * @returns {Promise<{ url: string, adminKey: string, cliEnv: Record<string, string>, pid: number | undefined }>}
 */
export async function startBackend(settings, processes, onDeath) {
  const { host, convexPort, sitePort, data, adminKeyFile } = settings;
  await requireFreePort({
    name: "CONVEX_PORT",
    what: "the backend",
    port: convexPort,
    host,
  });
  await requireFreePort({
    name: "CONVEX_SITE_PORT",
    what: "HTTP actions and webhooks",
    port: sitePort,
    host,
  });
  makeDataFolder(data);
  let tail = null;
  const child = processes.start({
    name: "backend",
    args: ["embedded/run.mjs", "embedded/main.ts", ...backendFlags(settings)],
    onLine: settings.quiet ? () => undefined : undefined,
    onExit: (code, lines) => {
      tail = lines;
      onDeath(
        `The backend (embedded/main.ts, data in ${data}) ended by itself with ${code}; its last words were:\n  ${lines.slice(-8).join("\n  ")}\nStart again with npm start; if that repeats, move the data folder away to begin with an empty one.`,
      );
    },
  });
  const ready = await answers(`${settings.convexUrl}/version`, {
    timeoutMs: 60_000,
    gaveUp: () => tail !== null || processes.isStopping,
  });
  if (!ready && tail === null) {
    throw new ExplainedError(
      `The backend did not answer at ${settings.convexUrl} within 60 seconds; its last words were: ${child.tail.slice(-3).join(" ")}`,
    );
  }
  if (!existsSync(adminKeyFile)) {
    throw new ExplainedError(
      `The backend is running but left no admin key at ${adminKeyFile}; check that the folder can be written and start again.`,
    );
  }
  return { ...deployment(settings), pid: child.pid };
}

function backendFlags(settings) {
  const { host, convexPort, sitePort, data, adminKeyFile } = settings;
  return Object.entries({
    port: convexPort,
    "site-port": sitePort,
    host,
    data,
    "admin-key-file": adminKeyFile,
    "log-format": "text",
  }).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

function deployment({ convexUrl, adminKeyFile }) {
  const adminKey = readFileSync(adminKeyFile, "utf8").trim();
  return {
    url: convexUrl,
    adminKey,
    /** `CI` only turns off the command line's own error reporting over the network. */
    cliEnv: {
      CONVEX_SELF_HOSTED_URL: convexUrl,
      CONVEX_SELF_HOSTED_ADMIN_KEY: adminKey,
      CONVEX_DEPLOYMENT: "",
      CONVEX_DEPLOY_KEY: "",
      CI: "1",
    },
  };
}

/** Asks the deployment for its variables only when ours may differ from what an earlier start left. */
export async function ensureVariables(settings, target) {
  const wanted = {
    siteUrl: settings.webUrl,
    demoAddress: `127.0.0.1:${settings.demoPort}`,
  };
  const { variablesFor } = readState(settings.stateFile);
  if (variablesFor === JSON.stringify(wanted)) return;
  const existing = await readVariables(target);
  await writeVariables(target, wantedChanges(existing, wanted));
  updateState(settings.stateFile, { variablesFor: JSON.stringify(wanted) });
}

/** Pushes `convex/` when it, or the packages it bundles, changed since the last push to this data folder. */
export async function pushIfChanged(settings, target) {
  const pushed = fingerprint(root, ["convex", "package-lock.json"], {
    skip: (path) => /\.test\.tsx?$|\.md$/.test(path),
  });
  if (readState(settings.stateFile).pushed === pushed) return false;
  if (!settings.quiet) console.log("Pushing the functions …");
  const { code, lines } = await runToEnd({
    args: [
      programs.convex,
      "deploy",
      "--yes",
      "--typecheck=disable",
      "--codegen=disable",
    ],
    env: target.cliEnv,
  });
  if (code !== 0) {
    throw new ExplainedError(
      `The functions in convex/ could not be pushed to ${target.url}; the command line said:\n  ${lines.join("\n  ")}`,
    );
  }
  updateState(settings.stateFile, { pushed });
  return true;
}
