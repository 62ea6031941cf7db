/** Makes contexts for user code and evaluates the bundled `realm-globals.ts` in them. */
import vm from "node:vm";
import type { RealmControl, RealmHost } from "./realm-host";

let latest: { source: string; script: vm.Script } | undefined;

/**
 * With an ordinary global: that of a context around a host object asks the host at each use of a global, which takes ten
 * times as long. No code from strings, as in Convex.
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
