/** What the process is told: flags, and environment variables with Convex's names and meaning. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { RuntimeLimits } from "./runtime/limits";
import type { LogFormat } from "./telemetry/server-log";

/** The message says which setting, what it is, and what it may be. */
export class UsageError extends Error {}

export type Settings = {
  host: string;
  port: number;
  sitePort: number;
  dataFolder: string;
  adminKeyFile: string;
  isRedacted: boolean;
  /** Null: JSON unless a person reads along. */
  logFormat: LogFormat | null;
  origins: { cloudUrl: string; siteUrl: string };
  parallelJobs: number;
  limits: Partial<RuntimeLimits>;
};

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_PARALLEL_JOBS = 8;

/** Throws `UsageError`. */
export function readSettings(
  argv: readonly string[],
  environment: Environment,
): Settings {
  const flags = parseFlags(argv);
  const listening = {
    host: flags.host,
    port: portNumber("--port", flags.port),
    sitePort: portNumber("--site-port", flags["site-port"]),
  };
  return {
    ...listening,
    dataFolder: flags.data,
    adminKeyFile: flags["admin-key-file"] ?? join(flags.data, "admin-key"),
    isRedacted: flags["redact-logs-to-client"],
    logFormat: logFormat(flags["log-format"]),
    origins: originsOf(listening, environment),
    parallelJobs:
      count(environment, "SCHEDULED_JOB_EXECUTION_PARALLELISM") ??
      DEFAULT_PARALLEL_JOBS,
    limits: limitsOf(environment),
  };
}

function parseFlags(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        port: { type: "string", default: "3210" },
        "site-port": { type: "string", default: "3211" },
        host: { type: "string", default: "127.0.0.1" },
        data: { type: "string", default: ".lockstep" },
        "admin-key-file": { type: "string" },
        "redact-logs-to-client": { type: "boolean", default: false },
        "log-format": { type: "string" },
      },
    }).values;
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

function logFormat(value: string | undefined): LogFormat | null {
  if (value === undefined) return null;
  if (value === "json" || value === "text") return value;
  throw new UsageError(`--log-format must be json or text; it is "${value}".`);
}

function originsOf(
  { host, port, sitePort }: Pick<Settings, "host" | "port" | "sitePort">,
  environment: Environment,
): Settings["origins"] {
  const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  const printable = name.includes(":") ? `[${name}]` : name;
  return {
    cloudUrl:
      origin(environment, "CONVEX_CLOUD_ORIGIN") ??
      `http://${printable}:${port}`,
    siteUrl:
      origin(environment, "CONVEX_SITE_ORIGIN") ??
      `http://${printable}:${sitePort}`,
  };
}

/**
 * Queries and mutations run one at a time here, so any limit on how many run at once is kept; its variables are only
 * checked.
 */
function limitsOf(environment: Environment): Partial<RuntimeLimits> {
  count(environment, "APPLICATION_MAX_CONCURRENT_QUERIES");
  count(environment, "APPLICATION_MAX_CONCURRENT_MUTATIONS");
  const seconds = duration(environment, "ACTIONS_USER_TIMEOUT_SECS");
  const actionTimeMs = seconds === null ? null : seconds * 1000;
  return withoutNulls({
    isolateActionTimeMs: actionTimeMs,
    nodeActionTimeMs: actionTimeMs,
    isolateActions: count(environment, "APPLICATION_MAX_CONCURRENT_V8_ACTIONS"),
    nodeActions: count(environment, "APPLICATION_MAX_CONCURRENT_NODE_ACTIONS"),
    httpActions: count(environment, "APPLICATION_MAX_CONCURRENT_HTTP_ACTIONS"),
  });
}

function withoutNulls(limits: {
  [Name in keyof RuntimeLimits]?: number | null;
}): Partial<RuntimeLimits> {
  const set = Object.entries(limits).filter(([, value]) => value !== null);
  return Object.fromEntries(set);
}

/** An empty variable is one that is not set, as container tools pass it. */
function given(environment: Environment, name: string): string | null {
  const value = environment[name]?.trim() ?? "";
  return value === "" ? null : value;
}

function count(environment: Environment, name: string): number | null {
  const value = given(environment, name);
  if (value === null) return null;
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new UsageError(
    `${name} must be a whole number of at least 1, for example ${name}=16; it is "${value}".`,
  );
}

/** Timers cannot be set further than 24 days ahead. */
const MAX_SECONDS = 24 * 24 * 3600;

function duration(environment: Environment, name: string): number | null {
  const value = given(environment, name);
  if (value === null) return null;
  const seconds = Number(value);
  if (seconds > 0 && seconds <= MAX_SECONDS) return seconds;
  throw new UsageError(
    `${name} must be a number of seconds above 0 and at most ${MAX_SECONDS}, for example ${name}=600; it is "${value}".`,
  );
}

function origin(environment: Environment, name: string): string | null {
  const value = given(environment, name);
  if (value === null) return null;
  if (/^https?:\/\//.test(value) && URL.canParse(value))
    return value.replace(/\/+$/, "");
  throw new UsageError(
    `${name} must be the address clients use, for example ${name}=https://api.example.com; it is "${value}".`,
  );
}
