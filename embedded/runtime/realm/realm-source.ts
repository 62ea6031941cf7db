/** Makes contexts for user code and evaluates the bundled `realm-globals.ts` in them. */
import vm from "node:vm";
import type { RealmControl, RealmHost } from "./realm-host";

let latest: { source: string; script: vm.Script } | undefined;

/**
 * Lookups of globals fall through to the prototype of the object behind the context, so it has none: any host object
 * would lead to the process. No code from strings, as in Convex.
 */
export function createContext(microtasks: "afterEvaluate" | "shared") {
  return vm.createContext(vm.constants.DONT_CONTEXTIFY, {
    codeGeneration: { strings: false, wasm: true },
    ...(microtasks === "shared" ? {} : { microtaskMode: microtasks }),
  });
}

/** Builds the global scope of `context` and connects it to the host. */
export function installRealm(
  context: vm.Context,
  host: RealmHost,
  source: string,
): RealmControl {
  if (latest?.source !== source)
    latest = {
      source,
      script: new vm.Script(source, { filename: "convex-runtime.js" }),
    };
  const install = latest.script.runInContext(context) as (
    host: RealmHost,
  ) => RealmControl;
  return install(host);
}
