/**
 * Runs *inside* every realm: builds the global scope of user code from what the host hands over. Bundled by
 * `realm-source.ts`; nothing here may be imported by host code except the types of `realm-host.ts`.
 */
import { describeThrown } from "./describe-thrown";
import { invoke } from "./invoke";
import { installConsole } from "./realm-console";
import { installSeededCrypto } from "./realm-web-crypto";
import { SeededRandom } from "./seeded-random";
import { installBase64 } from "./realm-base64";
import { installBlob } from "./realm-blob";
import { installStacks } from "./realm-stacks";
import type { RealmControl, RealmHost, Reply } from "./realm-host";

type Resolvers = {
  resolve: (value: string) => void;
  reject: (reason: Error) => void;
};

export function install(host: RealmHost): RealmControl {
  const random = new SeededRandom();
  const pending = new Map<number, Resolvers>();
  for (const [name, value] of Object.entries(host.globals)) define(name, value);
  define("self", globalThis);
  define("global", undefined);
  installStacks();
  installBase64();
  installConvex(host, pending);
  installConsole(host);
  installProcess(host);
  if (host.deterministic) installDeterminism(host, random);
  return {
    settle: (ticket, reply) => settle(pending, ticket, reply),
    seed: (words) => random.seed(words),
    saveSeed: () => random.state(),
    invoke,
    watch: (promise, rejected) => {
      (promise as Promise<unknown>).catch((reason: unknown) =>
        rejected(describeThrown(reason)),
      );
    },
    describe: describeThrown,
  };
}

function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, {
    value,
    writable: true,
    configurable: true,
    enumerable: false,
  });
}

function installConvex(host: RealmHost, pending: Map<number, Resolvers>): void {
  const convex = {
    syscall: (op: string, args: string) => unwrap(host.syscall(op, args)),
    asyncSyscall: (op: string, args: string) => {
      const answer = host.asyncSyscall(op, args);
      return new Promise<string>((resolve, reject) => {
        if (typeof answer === "number")
          pending.set(answer, { resolve, reject });
        else deliver({ resolve, reject }, answer);
      });
    },
    jsSyscall: (op: string, args: { [name: string]: unknown }) =>
      host.jsSyscall(op, args),
  };
  define("Convex", Object.freeze(convex));
}

function settle(
  pending: Map<number, Resolvers>,
  ticket: number,
  reply: Reply,
): void {
  const resolvers = pending.get(ticket);
  pending.delete(ticket);
  if (resolvers !== undefined) deliver(resolvers, reply);
}

function deliver({ resolve, reject }: Resolvers, reply: Reply): void {
  if (reply.ok) resolve(reply.value);
  else reject(hostError(reply));
}

function unwrap(reply: Reply): string {
  if (reply.ok) return reply.value;
  throw hostError(reply);
}

function hostError(reply: { message: string; data?: string }): Error {
  const error = new Error(reply.message);
  return reply.data === undefined
    ? error
    : Object.assign(error, { data: JSON.parse(reply.data) as unknown });
}

function installProcess(host: RealmHost): void {
  const env = new Proxy(Object.create(null) as { [name: string]: string }, {
    get: (target, name) =>
      typeof name === "string" ? (target[name] ?? host.env(name)) : undefined,
    has: (target, name) =>
      typeof name === "string" &&
      (name in target || host.env(name) !== undefined),
  });
  define("process", { env });
}

function installDeterminism(host: RealmHost, random: SeededRandom): void {
  Math.random = () => random.float();
  installDate(host);
  installSeededCrypto(host, random);
  installBlob();
  define("performance", { now: () => host.elapsedMs(), timeOrigin: 0 });
  for (const name of [
    "fetch",
    "setTimeout",
    "setInterval",
    "clearTimeout",
    "clearInterval",
    "setImmediate",
  ]) {
    define(name, () => refuse(name));
  }
  define(
    "queueMicrotask",
    (callback: () => void) => void Promise.resolve().then(callback),
  );
}

function refuse(name: string): never {
  if (name.startsWith("clear")) return undefined as never;
  const hostText =
    `Can't use ${name}() in queries and mutations. Please consider using an action. ` +
    `See https://docs.convex.dev/functions/actions for more details.`;
  throw Object.assign(new Error(hostText), { hostText });
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
  Object.defineProperty(RealDate.prototype, "constructor", {
    value: FrozenDate,
    writable: true,
    configurable: true,
  });
  define("Date", FrozenDate);
}
