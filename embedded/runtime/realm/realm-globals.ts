/**
 * Runs *inside* every realm: builds the global scope of user code from what the host hands over. Bundled by
 * `bundled-sources.ts`; nothing here may be imported by host code except the types of `realm-host.ts`.
 */
import { ModuleLinker } from "../modules/module-linker";
import { actionFiles } from "./action-files";
import { installNetwork } from "./action-globals";
import { BuiltinsWatch } from "./builtins-watch";
import { defineGlobal } from "./define-global";
import { describeThrown } from "./describe-thrown";
import { installDeterminism } from "./deterministic-globals";
import { connectHost, guarded } from "./host-connection";
import { invoke } from "./invoke";
import { installConsole } from "./realm-console";
import { installBase64 } from "./realm-base64";
import type { RealmControl, RealmHost } from "./realm-host";
import { serve } from "./realm-http";
import { installProcess } from "./realm-process";
import { installStacks } from "./realm-stacks";
import { installSyscalls } from "./realm-syscalls";
import { SeededRandom } from "./seeded-random";
import { STEP } from "./step-name";
import { WEB_GLOBALS } from "./web-globals";

const { stringify } = JSON;

export function install(given: RealmHost): RealmControl {
  const host = connectHost(given);
  const random = new SeededRandom();
  installBasics(host);
  const settle = installSurroundings(host, random);
  const linker = createLinker(host);
  const watch = new BuiltinsWatch();
  return {
    settle,
    seed: (words) => random.seed(words),
    saveSeed: () => random.state(),
    isLoaded: (path) => linker.isLoaded(path),
    load: (path) => linker.load(path),
    invoke: (target, method, args, done) =>
      invoke(target, method, args, guarded(done)),
    watch: (promise, rejected) => {
      const tell = guarded(rejected);
      (promise as Promise<unknown>).catch((reason: unknown) =>
        tell(describeThrown(reason)),
      );
    },
    describe: describeThrown,
    serve: (router, exchange, done) => serve(router, exchange, guarded(done)),
    owns: ownsPromise(),
    rememberBuiltins: () => watch.remember(),
    builtinsUntouched: (isThorough) =>
      isThorough ? watch.isUntouched() : watch.isProbablyUntouched(),
  };
}

function installBasics(host: RealmHost): void {
  installStacks();
  for (const [name, value] of Object.entries(WEB_GLOBALS))
    defineGlobal(name, value);
  defineGlobal("self", globalThis);
  defineGlobal("global", undefined);
  defineGlobal(
    "queueMicrotask",
    (callback: () => void) => void Promise.resolve().then(() => callback()),
  );
  installBase64();
  installConsole({
    log: (level, messages) => host.log(level, stringify(messages)),
    elapsedMs: () => host.elapsedMs(),
  });
  installProcess(host);
  Object.defineProperty(globalThis, STEP, { value: () => host.step() });
}

function installSurroundings(
  host: RealmHost,
  random: SeededRandom,
): RealmControl["settle"] {
  const { surroundings } = host;
  if (surroundings.kind === "action") {
    installNetwork(host, surroundings.network);
    return installSyscalls(host, actionFiles(surroundings.files));
  }
  installDeterminism(host, surroundings.crypto, random);
  return installSyscalls(host, (op) => {
    throw new Error(`Unknown JS operation ${op}`);
  });
}

function createLinker(host: RealmHost): ModuleLinker {
  return new ModuleLinker({
    has: (path) => host.hasModule(path),
    body: (path) => host.moduleBody(path),
    external: (specifier) => {
      throw new Error(
        `Can't import "${specifier}" in the Convex runtime. Use "use node" for Node.js modules.`,
      );
    },
  });
}

function ownsPromise(): (promise: unknown) => boolean {
  const { prototype } = Promise;
  const { getPrototypeOf } = Object;
  return (promise) =>
    typeof promise === "object" &&
    promise !== null &&
    getPrototypeOf(promise) === prototype;
}
