/** Our own code that runs elsewhere than here, bundled once per process: inside realms, and in worker threads. */
import { fileURLToPath } from "node:url";
import { type BuildOptions, buildSync } from "esbuild";

let realm: string | undefined;
let worker: string | undefined;
let watch: string | undefined;
let wrappers: string | undefined;

/** A script whose value is `install` of `realm-globals.ts`. */
export function realmSource(): string {
  realm ??= `(() => { ${bundle("./realm/realm-globals.ts", { format: "iife", globalName: "realm", platform: "browser" })}; return realm.install; })()`;
  return realm;
}

/** The program of a worker thread, complete: workers then need neither a bundler nor a TypeScript loader. */
export function workerSource(): string {
  worker ??= `(() => { ${bundle("./actions/worker-main.ts", { format: "cjs", platform: "node" })} })();`;
  return worker;
}

/** The program of the thread that watches the main one. */
export function watchSource(): string {
  watch ??= bundle("./realm/watch-thread.ts", {
    format: "cjs",
    platform: "node",
  });
  return watch;
}

/** The module that inline queries import. */
export function wrappersSource(): string {
  wrappers ??= bundle("./repl-wrappers.ts", {
    format: "esm",
    platform: "browser",
  });
  return wrappers;
}

function bundle(entry: string, options: BuildOptions): string {
  const entryPoints = [fileURLToPath(new URL(entry, import.meta.url))];
  const result = buildSync({
    entryPoints,
    bundle: true,
    write: false,
    target: "esnext",
    logLevel: "silent",
    ...options,
  });
  return result.outputFiles?.[0]?.text ?? "";
}
