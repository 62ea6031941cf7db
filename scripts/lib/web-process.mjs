/** The web app as a child process: built when its sources or public settings changed, then served. */
import { join } from "node:path";
import { ExplainedError } from "./explained-error.mjs";
import { fingerprint } from "./fingerprint.mjs";
import { programs, root } from "./paths.mjs";
import { answers, requireFreePort } from "./ports.mjs";
import { runToEnd } from "./processes.mjs";
import { readState, updateState } from "./state-file.mjs";

const sources = [
  "src",
  "convex",
  "public",
  "next.config.ts",
  "postcss.config.mjs",
  "tsconfig.json",
  "tsconfig.base.json",
  "package-lock.json",
];

export async function startWeb(settings, processes, env, onDeath) {
  const { host, webPort, watch } = settings;
  await requireFreePort({
    name: "PORT",
    what: "the web app",
    port: webPort,
    host,
  });
  const webEnv = {
    ...env,
    LOCKSTEP_NEXT_DIR: settings.distDir,
    NEXT_TELEMETRY_DISABLED: "1",
  };
  if (!watch) await buildIfChanged(settings, webEnv);
  let ended = false;
  processes.start({
    name: "web",
    args: [
      programs.next,
      watch ? "dev" : "start",
      "--port",
      String(webPort),
      "--hostname",
      host,
    ],
    env: { ...webEnv, NODE_ENV: watch ? "development" : "production" },
    onLine: watch ? undefined : onlyProblems,
    onExit: (code, lines) => {
      ended = true;
      onDeath(
        `The web server (port ${webPort}) ended by itself with ${code}; its last words were:\n  ${lines.slice(-8).join("\n  ")}`,
      );
    },
  });
  const ready = await answers(`http://${settings.reachable}:${webPort}/`, {
    timeoutMs: 120_000,
    gaveUp: () => ended || processes.isStopping,
  });
  if (!ready && !ended && !processes.isStopping) {
    throw new ExplainedError(
      `The web app did not answer on port ${webPort} within two minutes; see its messages above.`,
    );
  }
}

async function buildIfChanged({ distDir }, env) {
  const stateFile = join(root, distDir, "lockstep-build.json");
  const built = buildFingerprint(env);
  if (readState(stateFile).built === built) return;
  console.log("Building the web app (a minute or so, once) …");
  const { code, lines } = await runToEnd({
    args: [programs.next, "build"],
    env: { ...env, NODE_ENV: "production" },
  });
  if (code !== 0) {
    throw new ExplainedError(
      `The web app could not be built; next build said:\n  ${lines.join("\n  ")}`,
    );
  }
  updateState(stateFile, { built });
}

/** Settings that a build bakes in (`NEXT_PUBLIC_…`) are part of its identity. */
function buildFingerprint(env) {
  const settings = Object.entries({ ...process.env, ...env })
    .filter(([name]) => name.startsWith("NEXT_PUBLIC_"))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return fingerprint(root, sources, {
    skip: (path) => /\.test\.tsx?$|\.md$/.test(path),
    extra: JSON.stringify(settings),
  });
}

function onlyProblems(line) {
  if (/error|warn|⨯|⚠/i.test(line)) console.log(`[web] ${line}`);
}
