/**
 * Whose code is running. Functions under test are ordinary modules in the test's own realm, and all of them reach the
 * backend through one global, `Convex`; the asynchronous context tells which function a call comes from.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { type HostGlobals, shadowGlobals } from "./host-globals";
import type { OpenTransaction } from "./open-transaction";

/** What `convex/server` calls. */
export interface ConvexGlobal {
  syscall(op: string, args: string): string;
  asyncSyscall(op: string, args: string): Promise<string>;
  jsSyscall(op: string, args: { [name: string]: unknown }): unknown;
}

export interface HostScope {
  convex: ConvexGlobal;
  globals: HostGlobals;
  /** Null in actions. */
  transaction: OpenTransaction | null;
}

const scopes = new AsyncLocalStorage<HostScope | null>();
const now = (): HostScope | null => scopes.getStore() ?? null;

/** Everything that `work` starts belongs to the scope, for as long as it runs. */
export function inScope<T>(scope: HostScope, work: () => T): T {
  shadow();
  return scopes.run(scope, work);
}

/** The backend's own code, and what begins anew: it sees the test's globals and belongs to no function. */
export function outside<T>(work: () => T): T {
  return scopes.run(null, work);
}

export function currentTransaction(): OpenTransaction | null {
  return now()?.transaction ?? null;
}

/** Before the first function runs, so that a test which looks at globals finds them as they will stay. */
export function installScopes(): void {
  installConvex();
  shadow();
}

function shadow(): void {
  shadowGlobals(() => now()?.globals ?? null);
}

let isInstalled = false;

/** Outside of our functions the name belongs to whoever else has set it, such as `convex-test` itself. */
function installConvex(): void {
  if (isInstalled) return;
  isInstalled = true;
  let other: unknown = Reflect.get(globalThis, "Convex");
  Object.defineProperty(globalThis, "Convex", {
    configurable: true,
    get: () => now()?.convex ?? other,
    set: (value: unknown) => (other = value),
  });
}
