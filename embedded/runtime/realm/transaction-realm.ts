/**
 * A `vm` context for queries and mutations of one component at one call depth. One handler at a time: the realm's
 * microtasks run only inside `#step`, so the host decides when user code runs.
 */
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import vm from "node:vm";
import { FunctionError } from "../errors";
import { realmSource } from "../bundled-sources";
import type { CompiledModule, ModuleSet } from "../modules/compiled-module";
import { ModuleLinker, type ModuleExports } from "../modules/module-linker";
import { scriptOf } from "../modules/module-script";
import { thrownError } from "../thrown-error";
import { HandlerRun, replyOf, type Stage } from "./handler-run";
import { createRealmCrypto } from "./realm-crypto";
import type {
  RealmControl,
  RealmHost,
  Reply,
  ThrownDescription,
} from "./realm-host";
import { installRealm } from "./realm-source";
import { sharedGlobals } from "./shared-globals";

export type Seed = readonly [number, number, number, number];

/** What a running function can ask for. Both calls answer with JSON text or throw. */
export interface RealmServices {
  syscall(op: string, args: string): string;
  /** True: answered at once, inside the timed region. False: at its end, in order (nested function calls). */
  isImmediate(op: string): boolean;
  asyncSyscall(op: string, args: string): string;
  log(level: string, messages: string[]): void;
  env(name: string): string | undefined;
  nowMs: number;
  seed: Seed;
  /** `performance.now` stands still in queries. */
  clockAdvances: boolean;
}

export interface TransactionRealmOptions {
  modules: ModuleSet;
  importPhase: { nowMs: number; seed: Seed };
  importEnv: (name: string) => string | undefined;
  userTimeMs: number;
}

export type HandlerCall = {
  module: string;
  name: string;
  method: string;
  args: string;
};

const STEP = "%convexStep";
const stepScript = new vm.Script(`globalThis[${JSON.stringify(STEP)}]()`, {
  filename: "convex-runtime.js",
});
export class TransactionRealm {
  readonly #options: TransactionRealmOptions;
  readonly #context: vm.Context;
  readonly #control: RealmControl;
  readonly #linker: ModuleLinker;
  readonly #byFilename = new Map<string, CompiledModule>();
  #work: () => void = () => undefined;
  #run: HandlerRun | null = null;
  #importing = false;
  #discarded = false;

  constructor(options: TransactionRealmOptions) {
    this.#options = options;
    this.#context = vm.createContext({}, { microtaskMode: "afterEvaluate" });
    this.#control = installRealm(this.#context, this.#host(), realmSource());
    const step = { value: () => this.#work(), enumerable: false };
    Object.defineProperty(this.#context, STEP, step);
    this.#linker = new ModuleLinker({
      modules: options.modules,
      evaluate: (module): unknown =>
        scriptOf(module).runInContext(this.#context),
      external: (specifier) => {
        throw new Error(
          `Can't import "${specifier}" in the Convex runtime. Use "use node" for Node.js modules.`,
        );
      },
    });
    for (const module of options.modules.values())
      this.#byFilename.set(module.filename, module);
  }

  /** After a time-out or a promise that never settles, what is left inside is unknown: never use it again. */
  get discarded(): boolean {
    return this.#discarded;
  }

  /** Readies a handler; until it is finished or interrupted there can be no other. */
  begin(call: HandlerCall, services: RealmServices): HandlerRun {
    return this.#enter(services, (settle) => {
      const target = this.#load(call.module)[call.name];
      return this.#control.invoke(target, call.method, [call.args], settle);
    });
  }

  /** Evaluates a module with `services` as its surroundings and reads from its exports. */
  inspect<T>(
    modulePath: string,
    services: RealmServices,
    read: (exports: ModuleExports) => T,
  ): T {
    let outcome: { value: T } | { thrown: unknown } | null = null;
    const run = this.#enter(services, (settle) => {
      try {
        outcome = { value: read(this.#load(modulePath)) };
      } catch (thrown) {
        outcome = { thrown };
      }
      settle({ ok: true, value: "" });
      return undefined;
    });
    run.start();
    run.finish();
    const evaluated = outcome as { value: T } | { thrown: unknown } | null;
    if (evaluated === null) throw new Error(`${modulePath} was not evaluated`);
    if ("thrown" in evaluated) throw this.asFunctionError(evaluated.thrown);
    return evaluated.value;
  }

  isLoaded(modulePath: string): boolean {
    return this.#linker.isLoaded(modulePath);
  }

  asFunctionError(thrown: unknown): FunctionError {
    return thrown instanceof FunctionError
      ? thrown
      : this.functionError(this.#control.describe(thrown));
  }

  functionError(thrown: ThrownDescription): FunctionError {
    return thrownError(thrown, (filename) => this.#byFilename.get(filename));
  }

  #enter(
    services: RealmServices,
    begin: ConstructorParameters<typeof HandlerRun>[2],
  ): HandlerRun {
    if (this.#run !== null)
      throw new Error("A realm runs one handler at a time");
    this.#control.seed(services.seed);
    this.#run = new HandlerRun(this.#stage(), services, begin);
    return this.#run;
  }

  #stage(): Stage {
    return {
      control: this.#control,
      userTimeMs: this.#options.userTimeMs,
      step: (work) => this.#step(work),
      leave: (isClean) => this.#leave(isClean),
      asFunctionError: (thrown) => this.asFunctionError(thrown),
      functionError: (thrown) => this.functionError(thrown),
    };
  }

  #step(work: () => void): void {
    this.#work = work;
    stepScript.runInContext(this.#context);
  }

  #leave(isClean: boolean): void {
    this.#run = null;
    if (!isClean) this.#discarded = true;
  }

  #load(modulePath: string): ModuleExports {
    if (this.#linker.isLoaded(modulePath) || this.#importing)
      return this.#linker.load(modulePath);
    const executionSeed = this.#control.saveSeed();
    this.#importing = true;
    this.#control.seed(this.#options.importPhase.seed);
    try {
      return this.#linker.load(modulePath);
    } finally {
      this.#importing = false;
      this.#control.seed(executionSeed);
    }
  }

  #host(): RealmHost {
    return {
      deterministic: true,
      globals: { ...sharedGlobals(), AsyncLocalStorage, AsyncResource },
      crypto: createRealmCrypto(),
      syscall: (op, args) =>
        replyOf(() => this.#current().services.syscall(op, args)),
      asyncSyscall: (op, args) => this.#asyncSyscall(op, args),
      jsSyscall: (op) => {
        throw new Error(`Unknown JS operation ${op}`);
      },
      log: (level, messages) => this.#run?.services.log(level, messages),
      env: (name) => this.#env(name),
      nowMs: () =>
        this.#importing
          ? this.#options.importPhase.nowMs
          : (this.#run?.services.nowMs ?? this.#options.importPhase.nowMs),
      elapsedMs: () =>
        this.#run?.services.clockAdvances === true
          ? performance.now() - this.#run.startedAt
          : 0,
    };
  }

  #env(name: string): string | undefined {
    return this.#importing
      ? this.#options.importEnv(name)
      : this.#run?.services.env(name);
  }

  #current(): HandlerRun {
    if (this.#run === null || this.#importing)
      throw new Error("Can't use database at import time");
    return this.#run;
  }

  #asyncSyscall(op: string, args: string): Reply | number {
    return this.#run === null || this.#importing
      ? replyOf(() => String(this.#current()))
      : this.#run.asyncSyscall(op, args);
  }
}
