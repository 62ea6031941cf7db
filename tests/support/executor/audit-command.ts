import { spawnSync } from "node:child_process";

/** `npm run audit`, with no deployment but that of the arguments. */
export function audit(...args: string[]) {
  const env = { ...process.env, LOCKSTEP_ENV_FILE: "/nowhere" };
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["scripts/audit.mjs", ...args],
    { encoding: "utf8", env },
  );
  return { status, stdout, stderr };
}
