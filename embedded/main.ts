/** The process: flags, admin key file, sockets, signals. */
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { newAdminKey } from "./auth/admin-key";
import { createBackend, type Backend } from "./backend";
import { StorageError } from "./storage/storage-error";

const INSTANCE = "lockstep";

class UsageError extends Error {}

type Settings = {
  host: string;
  port: number;
  sitePort: number;
  dataFolder: string;
  adminKeyFile: string;
  isRedacted: boolean;
};

function readSettings(argv: string[]): Settings {
  const { values } = parseFlags(argv);
  const dataFolder = values.data;
  return {
    host: values.host,
    port: portNumber("--port", values.port),
    sitePort: portNumber("--site-port", values["site-port"]),
    dataFolder,
    adminKeyFile: values["admin-key-file"] ?? join(dataFolder, "admin-key"),
    isRedacted: values["redact-logs-to-client"],
  };
}

function parseFlags(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      options: {
        port: { type: "string", default: "3210" },
        "site-port": { type: "string", default: "3211" },
        host: { type: "string", default: "127.0.0.1" },
        data: { type: "string", default: ".lockstep" },
        "admin-key-file": { type: "string" },
        "redact-logs-to-client": { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(
      error instanceof Error ? error.message : String(error),
    );
  }
}

function portNumber(flag: string, value: string): number {
  const port = Number(value);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new UsageError(
    `${flag} must be a port between 1 and 65535, for example ${flag} 3210; it is "${value}".`,
  );
}

/** Made on the first start; only its owner may read it. */
function adminKey(file: string): string {
  if (existsSync(file)) return readFileSync(file, "utf8").trim();
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const key = newAdminKey(INSTANCE, randomBytes);
  writeFileSync(file, `${key}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return key;
}

function originsOf({ host, port, sitePort }: Settings): {
  cloudUrl: string;
  siteUrl: string;
} {
  const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  const printable = name.includes(":") ? `[${name}]` : name;
  return {
    cloudUrl:
      process.env["CONVEX_CLOUD_ORIGIN"] ?? `http://${printable}:${port}`,
    siteUrl:
      process.env["CONVEX_SITE_ORIGIN"] ?? `http://${printable}:${sitePort}`,
  };
}

async function run(settings: Settings): Promise<Backend> {
  const origins = originsOf(settings);
  const backend = await createBackend({
    dataFolder: settings.dataFolder,
    origins,
    adminKey: adminKey(settings.adminKeyFile),
    instanceName: INSTANCE,
    isRedacted: settings.isRedacted,
    parallelJobs: Number(
      process.env["SCHEDULED_JOB_EXECUTION_PARALLELISM"] ?? 8,
    ),
  });
  try {
    await backend.listen(settings);
  } catch (error) {
    await backend.close();
    throw error;
  }
  console.log(
    `Backend ready at ${origins.cloudUrl}, HTTP actions at ${origins.siteUrl}.`,
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

function stopOn(signal: "SIGTERM" | "SIGINT", backend: Backend): void {
  process.on(signal, () => {
    backend.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}

async function main(): Promise<void> {
  let settings: Settings | null = null;
  try {
    settings = readSettings(process.argv.slice(2));
    const backend = await run(settings);
    stopOn("SIGTERM", backend);
    stopOn("SIGINT", backend);
  } catch (error) {
    console.error(explain(error, settings));
    process.exit(1);
  }
}

// A rejection that nobody handles belongs to one request; the others go on.
process.on("unhandledRejection", (error) =>
  console.error("Unhandled rejection:", error),
);
await main();
