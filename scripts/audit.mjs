/**
 * `npm run audit`: looks through everything that a deployment stores and prints what breaks an invariant of the executor;
 * 1 when something does. The deployment is the one that `npm start` serves, or `--url` and `--admin-key`.
 */
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ensureInstalled } from "./ensure-installed.mjs";
import { ExplainedError, reportError } from "./lib/explained-error.mjs";
import { readSettings } from "./lib/settings.mjs";

/** From the arguments, the environment, or `.env.local`, in this order. */
function target(argv) {
  const { values } = parseArgs({
    args: argv,
    options: { url: { type: "string" }, "admin-key": { type: "string" } },
  });
  const saved = savedVariables(readSettings([]).envFile);
  const named = (name) => process.env[name] ?? saved.get(name);
  const url = values.url ?? named("CONVEX_SELF_HOSTED_URL");
  const adminKey =
    values["admin-key"] ??
    named("CONVEX_SELF_HOSTED_ADMIN_KEY") ??
    named("CONVEX_DEPLOY_KEY");
  if (url && adminKey) return { url, adminKey };
  throw new ExplainedError(
    "There is no deployment to look through: start one with `npm start`, or name one with --url and --admin-key.",
  );
}

function savedVariables(path) {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const lines = text.matchAll(/^\s*(?:export\s+)?([A-Z0-9_]+)\s*=(.*)$/gm);
  return new Map([...lines].map(([, name, value]) => [name, value.trim()]));
}

/** A client with the deployment's key, which may call internal functions. */
async function connect({ url, adminKey }) {
  const { ConvexHttpClient } = await import("convex/browser");
  const client = new ConvexHttpClient(url);
  client.setAdminAuth(adminKey);
  return client;
}

async function audit(client, { url }) {
  const counts = new Map();
  let found = 0;
  for (let place = null, isDone = false; !isDone; isDone = place === null) {
    const page = await pageAt(client, { url, place });
    for (const { name, runId, text } of page.findings)
      console.log(`${name}  ${runId}  ${text}`);
    for (const [name, count] of Object.entries(page.counts))
      counts.set(name, (counts.get(name) ?? 0) + count);
    found += page.findings.length;
    place = page.place;
    progress(counts);
  }
  return { counts, found };
}

async function pageAt(client, { url, place }) {
  try {
    return await client.query("executor/audit:page", { place });
  } catch (error) {
    throw new ExplainedError(
      `The deployment at ${url} could not be looked through: ${error.message}`,
    );
  }
}

function progress(counts) {
  if (!process.stderr.isTTY) return;
  const text = [...counts].map(([name, count]) => `${count} ${name}`);
  process.stderr.write(`\r${text.join(", ")} `);
}

async function main(argv) {
  const deployment = target(argv);
  ensureInstalled();
  const { counts, found } = await audit(await connect(deployment), deployment);
  if (process.stderr.isTTY) process.stderr.write("\n");
  for (const [name, count] of [...counts].sort())
    console.log(`${String(count).padStart(8)} ${name}`);
  console.log(found === 0 ? "nothing found" : `${found} found`);
  return found === 0 ? 0 : 1;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error) => process.exit(reportError(error)),
);
