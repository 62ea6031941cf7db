/** The process: settings, admin key file, sockets, signals. */
import { randomBytes } from "node:crypto";
import { constants } from "node:os";
import { newAdminKey } from "./auth/admin-key";
import { readOrMakeAdminKey } from "./auth/admin-key-file";
import { createBackend, type Backend } from "./backend";
import { watchFromOneThread } from "./runtime/realm/watchdog";
import { readSettings, UsageError, type Settings } from "./settings";
import { StorageError } from "./storage/storage-error";
import { serverLog } from "./telemetry/server-log";

const INSTANCE = "lockstep";

async function run(settings: Settings): Promise<Backend> {
  const { dataFolder, origins, isRedacted, parallelJobs, limits } = settings;
  const backend = await createBackend({
    dataFolder,
    origins,
    adminKey: readOrMakeAdminKey(settings.adminKeyFile, () =>
      newAdminKey(INSTANCE, randomBytes),
    ),
    instanceName: INSTANCE,
    isRedacted,
    parallelJobs,
    limits,
  });
  try {
    await backend.listen(settings);
  } catch (error) {
    await backend.close();
    throw error;
  }
  serverLog.info(
    `Backend ready at ${origins.cloudUrl}, HTTP actions at ${origins.siteUrl}`,
    { pid: process.pid },
  );
  return backend;
}

/** What went wrong and what to do, in one sentence. */
function explain(error: unknown, settings: Settings | null): string {
  if (error instanceof StorageError || error instanceof UsageError)
    return error.message;
  const code = error instanceof Error && "code" in error ? error.code : null;
  const port = error instanceof Error && "port" in error ? error.port : null;
  if (code === "EADDRINUSE")
    return `Port ${String(port)} is already in use; stop what uses it or choose another port.`;
  if (code === "EACCES" && port !== null)
    return `Port ${String(port)} may not be used by this user; choose one above 1023.`;
  if (code === "EACCES" || code === "EROFS" || code === "EPERM") {
    return `The data folder ${settings?.dataFolder ?? ""} cannot be written; allow writing to it or choose another with --data.`;
  }
  return `The backend could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

/** The first signal asks for an orderly end, the second for one at once. */
async function stopOnSignals(backend: Backend): Promise<void> {
  let isStopping = false;
  const stop = (signal: "SIGTERM" | "SIGINT"): void => {
    if (isStopping) process.exit(128 + constants.signals[signal]);
    isStopping = true;
    serverLog.info("Stopping: what is in flight is answered first", { signal });
    void end(backend);
  };
  const onInterrupt = (): void => stop("SIGINT");
  process.on("SIGTERM", stop);
  if (process.platform === "win32") process.on("SIGINT", onInterrupt);
  else await watchFromOneThread(onInterrupt);
}

async function end(backend: Backend): Promise<never> {
  try {
    await backend.close();
  } catch (error) {
    serverLog.error("The stop did not end well", error);
    process.exit(1);
  }
  serverLog.info("Stopped");
  process.exit(0);
}

/** A start that fails is for whoever started it: one sentence rather than a log entry. */
async function main(): Promise<void> {
  let settings: Settings | null = null;
  try {
    settings = readSettings(process.argv.slice(2), process.env);
    if (settings.logFormat !== null) serverLog.format = settings.logFormat;
    await stopOnSignals(await run(settings));
  } catch (error) {
    process.stderr.write(`${explain(error, settings)}\n`);
    process.exit(1);
  }
}

// A rejection that nobody handles belongs to one request; the others go on.
process.on("unhandledRejection", (error) =>
  serverLog.error("A rejection was not handled", error),
);
process.on("uncaughtException", (error) => {
  serverLog.error("The server ends: an exception was not caught", error);
  process.exit(1);
});
await main();
