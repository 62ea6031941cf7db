/**
 * Makes the checkout runnable: a Node that is new enough, packages as the lock file says, and the one native part built.
 * Does nothing in a few milliseconds when all is there.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  lstatSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ExplainedError, reportError } from "./lib/explained-error.mjs";
import { root } from "./lib/paths.mjs";

const minimum = [20, 19];

export function ensureInstalled() {
  requireNode(process.versions.node);
  if (needsInstall()) install();
  if (!loadsSqlite()) rebuildSqlite();
}

function requireNode(version) {
  const [major, minor] = version.split(".").map(Number);
  if (major > minimum[0] || (major === minimum[0] && minor >= minimum[1])) {
    return;
  }
  throw new ExplainedError(
    `Lockstep needs Node.js ${minimum.join(".")} or newer, and this is ${version}; install a newer one from nodejs.org and run the same command again.`,
  );
}

const lockFile = join(root, "package-lock.json");
const installedLock = join(root, "node_modules/.package-lock.json");
const installedHash = join(root, "node_modules/.lockstep-installed");

/**
 * npm writes its own copy of the lock file at the end of an installation; a lock file newer than that is stale, unless its
 * content is what was installed (a checkout touches files without changing them).
 */
function needsInstall() {
  if (!existsSync(installedLock)) return true;
  if (!existsSync(lockFile)) return false;
  if (statSync(lockFile).mtimeMs <= statSync(installedLock).mtimeMs) {
    return false;
  }
  return (
    !existsSync(installedHash) ||
    readFileSync(installedHash, "utf8") !== lockHash()
  );
}

function lockHash() {
  return existsSync(lockFile)
    ? createHash("sha256").update(readFileSync(lockFile)).digest("hex")
    : "";
}

function install() {
  refuseLinkedPackages();
  console.log("Installing packages (once) …");
  const clean = existsSync(lockFile) && npm(["ci"]) === 0;
  if (clean || npm(["install"]) === 0) {
    writeFileSync(installedHash, lockHash());
    return;
  }
  throw new ExplainedError(
    `The packages could not be installed into ${root}; npm's own message is above. Check the network and run the same command again.`,
  );
}

/** `npm ci` would empty the folder that the link leads to, which others use. */
function refuseLinkedPackages() {
  const packages = join(root, "node_modules");
  const isLink = lstatSync(packages, {
    throwIfNoEntry: false,
  })?.isSymbolicLink();
  if (!isLink) return;
  throw new ExplainedError(
    `${packages} is a link, and what it leads to differs from package-lock.json; install there, or remove the link.`,
  );
}

/** Tried in a process of its own: a binding for another Node version can abort the process that loads it. */
function loadsSqlite() {
  const require = createRequire(import.meta.url);
  try {
    require.resolve("better-sqlite3/package.json");
  } catch {
    return false;
  }
  const script = 'new (require("better-sqlite3"))(":memory:").close()';
  return (
    spawnSync(process.execPath, ["-e", script], { cwd: root }).status === 0
  );
}

function rebuildSqlite() {
  console.log("Building the database driver (once) …");
  npm(["rebuild", "better-sqlite3", "esbuild"]);
  if (loadsSqlite()) return;
  throw new ExplainedError(
    "The database driver (better-sqlite3) could not be built for this Node.js; it needs a C++ compiler, make and Python 3 when no ready-made binary can be downloaded (on Debian: apt-get install -y build-essential python3). Then run `npm rebuild better-sqlite3`.",
  );
}

function npm(args) {
  const npmScript = process.env.npm_execpath;
  const [command, prefix] = npmScript?.endsWith(".js")
    ? [process.execPath, [npmScript]]
    : [process.platform === "win32" ? "npm.cmd" : "npm", []];
  const flags = ["--no-audit", "--no-fund", "--loglevel=error"];
  return spawnSync(command, [...prefix, ...args, ...flags], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, NODE_ENV: "development" },
    shell: process.platform === "win32",
  }).status;
}

if (
  process.argv[1] &&
  realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)
) {
  try {
    ensureInstalled();
  } catch (error) {
    process.exitCode = reportError(error);
  }
}
