/**
 * `npm start`: the embedded backend, its functions, the web app and the demo server, until Ctrl-C. `--watch` serves the
 * web app and pushes the functions as they change. With NEXT_PUBLIC_CONVEX_URL naming another deployment, only the web app.
 */
import { ensureInstalled } from "./ensure-installed.mjs";
import {
  ensureVariables,
  pushIfChanged,
  startBackend,
} from "./lib/backend-process.mjs";
import { updateEnvFile } from "./lib/env-file.mjs";
import { ExplainedError, reportError } from "./lib/explained-error.mjs";
import { programs } from "./lib/paths.mjs";
import { requireFreePort } from "./lib/ports.mjs";
import { ProcessSet } from "./lib/processes.mjs";
import { otherDeployment, readSettings } from "./lib/settings.mjs";
import { startWeb } from "./lib/web-process.mjs";

const processes = new ProcessSet();
let leaving = null;

function leave(code) {
  leaving ??= processes.stopAll().then(() => process.exit(code));
  return leaving;
}

function fail(error) {
  if (!leaving) reportError(error);
  return leave(1);
}

const onDeath = (message) => void fail(new ExplainedError(message));

async function startEmbedded(settings) {
  const target = await startBackend(settings, processes, onDeath);
  const env = {
    CONVEX_SELF_HOSTED_URL: target.url,
    CONVEX_SELF_HOSTED_ADMIN_KEY: target.adminKey,
    NEXT_PUBLIC_CONVEX_URL: target.url,
    NEXT_PUBLIC_CONVEX_SITE_URL: settings.siteUrl,
  };
  updateEnvFile(settings.envFile, env);
  await ensureVariables(settings, target);
  await pushIfChanged(settings, target);
  await startDemo(settings);
  if (settings.watch) watchFunctions(target);
  return env;
}

async function startDemo({ demoPort }) {
  const host = "127.0.0.1";
  await requireFreePort({
    name: "DEMO_PORT",
    what: "the demo server",
    port: demoPort,
    host,
  });
  processes.start({
    name: "demo",
    args: ["scripts/demo-server.mjs", "--port", String(demoPort)],
    onExit: (code, lines) =>
      onDeath(
        `The demo server (port ${demoPort}) ended by itself with ${code}: ${lines.slice(-3).join(" ")}`,
      ),
  });
}

function watchFunctions(target) {
  processes.start({
    name: "functions",
    args: [programs.convex, "dev", "--typecheck=disable"],
    env: target.cliEnv,
    onExit: (code) =>
      onDeath(
        `"convex dev" ended by itself with ${code}; see its messages above.`,
      ),
  });
}

async function main() {
  const startedAt = Date.now();
  ensureInstalled();
  const settings = readSettings(process.argv.slice(2));
  const other = otherDeployment(settings);
  const env = other
    ? { NEXT_PUBLIC_CONVEX_URL: other }
    : await startEmbedded(settings);
  if (leaving) return;
  await startWeb(settings, processes, env, onDeath);
  if (leaving) return;
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  console.log(
    `\nLockstep is ready after ${seconds} s: ${settings.webUrl}\n` +
      (other
        ? `Backend: ${other}\n`
        : `Backend: ${settings.convexUrl}   webhooks: ${settings.siteUrl}   data: ${settings.data}\n`) +
      "Stop with Ctrl-C.",
  );
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => void leave(0));
}
process.on("uncaughtException", (error) => void fail(error));
process.on("unhandledRejection", (error) => void fail(error));
main().catch(fail);
