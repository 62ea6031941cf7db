/**
 * A `vm` context for queries and mutations of one component at one call depth. One handler at a time: the realm's
 * microtasks run only inside `#step`, so the host decides when user code runs.
 */
import vm from "node:vm";
import { FunctionError } from "../errors";
import { realmSource } from "../bundled-sources";
import type { CompiledModule, ModuleSet } from "../modules/compiled-module";
import type { ModuleExports } from "../modules/module-linker";
import { moduleBody } from "../modules/module-script";
import { thrownError } from "../thrown-error";
import { HandlerRun, type Stage } from "./handler-run";
import type { RealmServices, Seed } from "./realm-services";
import { HOST_PLATFORM } from "./host-platform";
import { parseMessages, sanitize } from "./from-realm";
import { createRealmCrypto } from "./realm-crypto";
import type { RealmControl, RealmHost, ThrownDescription } from "./realm-host";
import { createContext, installRealm } from "./realm-source";
import { ScopeWatch } from "./scope-watch";
import { STEP } from "./step-name";

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

const stepScript = new vm.Script(`globalThis[${JSON.stringify(STEP)}]()`, {
  filename: "convex-runtime.js",
});
const IDLE = (): void => undefined;

export class TransactionRealm {
  readonly #options: TransactionRealmOptions;
  readonly #context: vm.Context;
  readonly #control: RealmControl;
  readonly #scope: ScopeWatch;
  readonly #stage: Stage;
  readonly #byFilename = new Map<string, CompiledModule>();
  #work: () => void = IDLE;
  #run: HandlerRun | null = null;
  #importing = false;
  #discarded = false;

  constructor(options: TransactionRealmOptions) {
    this.#options = options;
    this.#context = createContext("afterEvaluate");
    this.#control = installRealm(this.#context, this.#host(), realmSource());
    this.#scope = new ScopeWatch(this.#context, this.#control);
    this.#stage = this.#newStage();
    for (const module of options.modules.values())
      this.#byFilename.set(module.filename, module);
  }

  /**
   * Never use it again: a handler changed built-ins and left them so, or after a time-out or a promise that never
   * settles, what is left inside is unknown.
   */
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
    return this.#control.isLoaded(modulePath);
  }

  asFunctionError(thrown: unknown): FunctionError {
    return thrown instanceof FunctionError
      ? thrown
      : this.functionError(this.#control.describe(thrown));
  }

  functionError(thrown: ThrownDescription): FunctionError {
    return thrownError(sanitize(thrown), (filename) =>
      this.#byFilename.get(filename),
    );
  }

  #enter(
    services: RealmServices,
    begin: ConstructorParameters<typeof HandlerRun>[2],
  ): HandlerRun {
    if (this.#run !== null)
      throw new Error("A realm runs one handler at a time");
    this.#control.seed(services.seed);
    this.#run = new HandlerRun(this.#stage, services, begin);
    return this.#run;
  }

  #newStage(): Stage {
    return {
      control: this.#control,
      userTimeMs: this.#options.userTimeMs,
      step: (work) => this.#step(work),
      isUntouched: () => this.#scope.isUntouched(),
      leave: (isClean) => this.#leave(isClean),
      asFunctionError: (thrown) => this.asFunctionError(thrown),
      functionError: (thrown) => this.functionError(thrown),
    };
  }

  /** What `work` throws stays on this side: the realm's frames are between here and there. */
  #step(work: () => void): void {
    let failure: { error: unknown } | null = null;
    this.#work = () => {
      try {
        work();
      } catch (error) {
        failure = { error };
      }
    };
    stepScript.runInContext(this.#context);
    const failed = failure as { error: unknown } | null;
    if (failed !== null) throw failed.error;
  }

  /** User code can call it, too; then there is nothing to do. */
  #takeStep(): void {
    const work = this.#work;
    this.#work = IDLE;
    work();
  }

  #leave(isClean: boolean): void {
    this.#run = null;
    if (!isClean) this.#discarded = true;
  }

  #load(modulePath: string): ModuleExports {
    if (this.#control.isLoaded(modulePath) || this.#importing)
      return this.#control.load(modulePath);
    const executionSeed = this.#control.saveSeed();
    this.#importing = true;
    this.#control.seed(this.#options.importPhase.seed);
    try {
      return this.#control.load(modulePath);
    } finally {
      this.#importing = false;
      this.#control.seed(executionSeed);
      this.#scope.remember();
    }
  }

  #host(): RealmHost {
    return {
      ...HOST_PLATFORM,
      ...this.#modules(),
      ...this.#clock(),
      surroundings: { kind: "transaction", crypto: createRealmCrypto() },
      step: () => this.#takeStep(),
      syscall: (op, args) => this.#current().syscall(op, args),
      asyncSyscall: (op, args) => this.#current().asyncSyscall(op, args),
      log: (level, messages) =>
        this.#run?.services.log(level, parseMessages(messages)),
      env: (name) => this.#env(name),
      refuse: (text) => this.#run?.refuse(new FunctionError(text)),
    };
  }

  #modules(): Pick<RealmHost, "hasModule" | "moduleBody"> {
    const { modules } = this.#options;
    return {
      hasModule: (path) => modules.has(path),
      moduleBody: (path) => moduleBody(modules, path, this.#context),
    };
  }

  #clock(): Pick<RealmHost, "nowMs" | "elapsedMs"> {
    const { importPhase } = this.#options;
    return {
      nowMs: () =>
        this.#importing
          ? importPhase.nowMs
          : (this.#run?.services.nowMs ?? importPhase.nowMs),
      elapsedMs: () =>
        this.#run?.services.clockAdvances === true
          ? performance.now() - this.#run.startedAt
          : 0,
    };
  }

  /** Names of user code reach objects' prototypes, too: what is not text is not a variable. */
  #env(name: string): string | undefined {
    const value = this.#importing
      ? this.#options.importEnv(name)
      : this.#run?.services.env(name);
    return typeof value === "string" ? value : undefined;
  }

  #current(): HandlerRun {
    if (this.#run === null || this.#importing)
      throw new Error("Can't use database at import time");
    return this.#run;
  }
}
