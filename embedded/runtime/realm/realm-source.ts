/** Evaluates the bundled `realm-globals.ts` in a new context. */
import vm from "node:vm";
import type { RealmControl, RealmHost } from "./realm-host";

let latest: { source: string; script: vm.Script } | undefined;

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
