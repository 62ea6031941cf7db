import { startBackend, type RunningBackend } from "../support/start-backend";
import type { Target } from "./skip-list";

/** Where the suite runs: our own backend, started for each file, or a deployment it was pointed at. */
export const TARGET: Target =
  process.env.CONFORMANCE_URL === undefined ? "embedded" : "deployment";

export async function targetBackend(): Promise<RunningBackend> {
  return TARGET === "embedded" ? startBackend() : givenDeployment();
}

/** Somebody else's process: what tests do to a process is in the skip list for it. */
function givenDeployment(): RunningBackend {
  const impossible = async () => {
    throw new Error("The suite does not own this deployment's process");
  };
  return {
    url: setting("CONFORMANCE_URL"),
    siteUrl: setting("CONFORMANCE_SITE_URL"),
    adminKey: setting("CONFORMANCE_ADMIN_KEY"),
    dataFolder: "",
    output: () => "",
    kill: impossible,
    restart: impossible,
    stop: async () => undefined,
  };
}

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "")
    throw new Error(`${name} is needed to run against a deployment`);
  return value.replace(/\/$/, "");
}
