/** Queries and mutations: a frozen clock, seeded randomness, no timers, no network, nothing that runs later. */
import { defineGlobal } from "./define-global";
import type { RealmCrypto, RealmHost } from "./realm-host";
import { refuse, seededCrypto } from "./seeded-crypto";
import type { SeededRandom } from "./seeded-random";

const REFUSED = ["fetch", "setTimeout", "setInterval", "setImmediate"];
const IGNORED = ["clearTimeout", "clearInterval", "clearImmediate"];

export function installDeterminism(
  host: RealmHost,
  crypto: RealmCrypto,
  random: SeededRandom,
): void {
  Math.random = () => random.float();
  installDate(host);
  defineGlobal("crypto", seededCrypto(crypto, random));
  defineGlobal("performance", { now: () => host.elapsedMs(), timeOrigin: 0 });
  for (const name of REFUSED) defineGlobal(name, () => refuseGlobal(name));
  for (const name of IGNORED) defineGlobal(name, () => undefined);
  installWebAssembly();
  removeLateCallbacks();
}

function refuseGlobal(name: string): never {
  return refuse(
    `Can't use ${name}() in queries and mutations. Please consider using an action. ` +
      `See https://docs.convex.dev/functions/actions for more details.`,
  );
}

function installDate(host: RealmHost): void {
  const RealDate = Date;
  function FrozenDate(this: unknown, ...args: unknown[]): unknown {
    if (new.target === undefined) return new RealDate(host.nowMs()).toString();
    return Reflect.construct(
      RealDate,
      args.length === 0 ? [host.nowMs()] : args,
      new.target,
    );
  }
  FrozenDate.prototype = RealDate.prototype;
  const now = () => host.nowMs();
  Object.assign(FrozenDate, { now, parse: RealDate.parse, UTC: RealDate.UTC });
  Object.defineProperty(FrozenDate, "name", { value: "Date" });
  Object.defineProperty(FrozenDate, "length", { value: 7 });
  Object.defineProperty(RealDate.prototype, "constructor", {
    value: FrozenDate,
    writable: true,
    configurable: true,
  });
  defineGlobal("Date", FrozenDate);
}

type Wasm = {
  Module: new (bytes: unknown) => object;
  Instance: new (module: object, imports: unknown) => object;
  [name: string]: unknown;
};

/** The engine compiles in the background and would continue the function when its transaction is over. */
function installWebAssembly(): void {
  const wasm = (globalThis as unknown as { WebAssembly: Wasm }).WebAssembly;
  const { Module, Instance } = wasm;
  wasm["compile"] = async (bytes: unknown) => new Module(bytes);
  wasm["instantiate"] = async (source: object, imports?: unknown) => {
    if (source instanceof Module) return new Instance(source, imports);
    const module = new Module(source);
    return { module, instance: new Instance(module, imports) };
  };
  delete wasm["compileStreaming"];
  delete wasm["instantiateStreaming"];
}

/** What the engine would call at a time of its own, outside of any execution. */
function removeLateCallbacks(): void {
  defineGlobal(
    "FinalizationRegistry",
    class FinalizationRegistry {
      register(): void {}
      unregister(): boolean {
        return false;
      }
    },
  );
  defineGlobal(
    "WeakRef",
    class WeakRef<Target extends object> {
      readonly #target: Target;
      constructor(target: Target) {
        this.#target = target;
      }
      deref(): Target {
        return this.#target;
      }
    },
  );
  const atomics = Atomics as unknown as { [name: string]: unknown };
  delete atomics["waitAsync"];
  delete atomics["wait"];
}
