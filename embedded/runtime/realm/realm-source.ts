/** The script that builds a realm's globals, bundled once per thread from `realm-globals.ts`. */
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { buildSync } from "esbuild";
import type { RealmControl, RealmHost } from "./realm-host";

let script: vm.Script | undefined;

/** Evaluates the bootstrap in `context` and hands it the host. */
export function installRealm(context: vm.Context, host: RealmHost): RealmControl {
  script ??= new vm.Script(realmSource(), { filename: "convex-runtime.js" });
  const install = script.runInContext(context) as (host: RealmHost) => RealmControl;
  return install(host);
}

let source: string | undefined;

/** Also handed to worker threads, which then need no bundler. */
export function realmSource(): string {
  source ??= bundle();
  return source;
}

export function useRealmSource(text: string): void {
  source = text;
}

function bundle(): string {
  const result = buildSync({
    entryPoints: [fileURLToPath(new URL("./realm-globals.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "realm",
    target: "esnext",
    platform: "browser",
    logLevel: "silent",
  });
  return `(() => { ${result.outputFiles[0]?.text ?? ""}; return realm.install; })()`;
}
