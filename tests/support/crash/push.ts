/** Pushes of the app through the routes of the command line, so that a crash can hit any moment of one. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { RunningBackend } from "../start-backend";

const APP = fileURLToPath(new URL("./app", import.meta.url));
const MODULES = ["ledger", "audit", "release", "crons"];
const { version: udfServerVersion } = JSON.parse(
  readFileSync(
    new URL("../../../node_modules/convex/package.json", import.meta.url),
    "utf8",
  ),
) as { version: string };

type Module = { path: string; source: string; environment: "isolate" };
export type BundledApp = { schema: Module; modules: Module[] };

export async function bundleApp(): Promise<BundledApp> {
  const [schema, ...modules] = await Promise.all(
    ["schema", ...MODULES].map(bundleModule),
  );
  if (schema === undefined) throw new Error("nothing was bundled");
  return { schema, modules };
}

async function bundleModule(name: string): Promise<Module> {
  const { outputFiles } = await build({
    entryPoints: [`${APP}/${name}.ts`],
    bundle: true,
    format: "esm",
    target: "esnext",
    conditions: ["convex", "module"],
    write: false,
    logLevel: "silent",
  });
  const source = outputFiles[0]?.text ?? "";
  return { path: `${name}.js`, source, environment: "isolate" };
}

type Target = Pick<RunningBackend, "url" | "adminKey">;

/** Evaluates the app as of `version`; what it returns switches to it, once. */
export async function startPush(
  target: Target,
  app: BundledApp,
  version: string,
): Promise<() => Promise<void>> {
  const filled = (module: Module): Module => ({
    ...module,
    source: module.source.replaceAll("__VERSION__", version),
  });
  const started = await post(target, "start_push", {
    functions: "convex/",
    dryRun: false,
    appDefinition: {
      definition: null,
      dependencies: [],
      schema: filled(app.schema),
      changedModules: app.modules.map(filled),
      unchangedModuleHashes: [],
      udfServerVersion,
    },
    componentDefinitions: [],
  });
  return async () => {
    await post(target, "finish_push", { startPush: started, dryRun: false });
  };
}

async function post(
  { url, adminKey }: Target,
  route: string,
  body: object,
): Promise<unknown> {
  const response = await fetch(`${url}/api/deploy2/${route}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...body, adminKey }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${route}: ${text}`);
  return JSON.parse(text);
}
