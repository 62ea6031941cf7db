/**
 * Global names that mean something else inside a function under test: network and timers are refused in queries and
 * mutations, the clock stands still there, and what a handler assigns to a name (`@convex-dev/workflow` replaces `Date`
 * and `Math`) is seen by that handler alone. Each name becomes an accessor which asks whose code is running.
 */
export type HostGlobals = Map<string, unknown>;

const SHADOWED = [
  ...["fetch", "Request", "Response", "Headers", "URL", "URLSearchParams"],
  ...["setTimeout", "setInterval", "setImmediate"],
  ...["clearTimeout", "clearInterval", "clearImmediate", "queueMicrotask"],
  ...["Date", "Math", "performance", "console", "process"],
  ...["crypto", "Crypto", "CryptoKey", "SubtleCrypto", "atob", "btoa"],
  ...["TextEncoder", "TextDecoder", "AbortController", "structuredClone"],
] as const;
const REFUSED = ["fetch", "setTimeout", "setInterval", "setImmediate"];
const IGNORED = ["clearTimeout", "clearInterval", "clearImmediate"];

const installed = new WeakSet<object>();

/** Whatever a test has put in place since (fake timers, stubs) stays in force outside of functions. */
export function shadowGlobals(current: () => HostGlobals | null): void {
  for (const name of SHADOWED) shadow(name, current);
}

function shadow(name: string, current: () => HostGlobals | null): void {
  const own = settledDescriptor(name);
  if (own === undefined || own.configurable !== true) return;
  if (isOurs(own)) return;
  const get = (): unknown => {
    const globals = current();
    if (globals?.has(name) === true) return globals.get(name);
    return "value" in own ? own.value : own.get?.call(globalThis);
  };
  const set = (value: unknown): void => {
    const globals = current();
    if (globals !== null) globals.set(name, value);
    else if ("value" in own) own.value = value;
    else own.set?.call(globalThis, value);
  };
  installed.add(get);
  const { enumerable = false } = own;
  Object.defineProperty(globalThis, name, {
    get,
    set,
    enumerable,
    configurable: true,
  });
}

/** Some of Node's globals become what they are when they are first read. */
function settledDescriptor(name: string): PropertyDescriptor | undefined {
  const found = Object.getOwnPropertyDescriptor(globalThis, name);
  if (found === undefined || "value" in found || isOurs(found)) return found;
  Reflect.get(globalThis, name);
  return Object.getOwnPropertyDescriptor(globalThis, name);
}

function isOurs(descriptor: PropertyDescriptor): boolean {
  const getter: unknown = Reflect.get(descriptor, "get");
  return typeof getter === "function" && installed.has(getter);
}

/** What queries and mutations meet. `frozenAtMs` null: the clock runs, for code that is the test's own. */
export function transactionGlobals(frozenAtMs: number | null): HostGlobals {
  const globals: HostGlobals = new Map();
  for (const name of REFUSED) globals.set(name, () => refuse(name));
  for (const name of IGNORED) globals.set(name, () => undefined);
  if (frozenAtMs !== null) globals.set("Date", frozenDate(frozenAtMs));
  return globals;
}

function refuse(name: string): never {
  throw new Error(
    `Can't use ${name}() in queries and mutations. Please consider using an action. ` +
      `See https://docs.convex.dev/functions/actions for more details.`,
  );
}

/** A proxy, so that dates made inside and outside are of one kind. */
function frozenDate(nowMs: number): DateConstructor {
  const frozen: DateConstructor = new Proxy(Date, {
    apply: (target) => new target(nowMs).toString(),
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(
        target,
        args.length === 0 ? [nowMs] : args,
        newTarget === frozen ? target : newTarget,
      ) as Date,
    get: (target, key): unknown =>
      key === "now" ? () => nowMs : Reflect.get(target, key),
  });
  return frozen;
}
