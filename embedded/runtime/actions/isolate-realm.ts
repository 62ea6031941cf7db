/**
 * A context for one action at a time. Its microtasks run only inside `enter`, so an endless loop ends with the
 * action's time (see `StoppableRegions`) and not with the worker. An action that leaves nothing behind leaves its realm
 * to the next.
 */
import vm from "node:vm";
import { FunctionError } from "../errors";
import type { CompiledModule, ModuleSet } from "../modules/compiled-module";
import type { ModuleExports } from "../modules/module-linker";
import { moduleBody } from "../modules/module-script";
import { parseMessages, sanitize } from "../realm/from-realm";
import { HOST_PLATFORM } from "../realm/host-platform";
import type {
  HttpExchange,
  HttpInput,
  RealmControl,
  RealmHost,
  Settled,
  ThrownDescription,
} from "../realm/realm-host";
import { createContext, installRealm } from "../realm/realm-source";
import { ScopeWatch } from "../realm/scope-watch";
import { STEP } from "../realm/step-name";
import { thrownError } from "../thrown-error";
import type { ActionServices } from "./action-services";
import { HostSurroundings } from "./host-surroundings";
import type { StoppableRegions } from "./stoppable-regions";

const stepScript = new vm.Script(`globalThis[${JSON.stringify(STEP)}]()`, {
  filename: "convex-runtime.js",
});
const IDLE = (): void => undefined;

export interface IsolateRealmOptions {
  modules: ModuleSet;
  byFilename: ReadonlyMap<string, CompiledModule>;
  realmSource: string;
  regions: StoppableRegions;
}
export interface IsolateAction {
  services: ActionServices;
  /** Also called when the realm is looked at that the action has left. */
  onEnter: () => void;
}

export class IsolateRealm {
  readonly #options: IsolateRealmOptions;
  readonly #context = createContext("afterEvaluate");
  readonly #control: RealmControl;
  readonly #surroundings = new HostSurroundings({
    enter: (work) => this.enter(work),
    services: () => this.#services(),
    errorOf: (thrown) => this.error(thrown),
  });
  readonly #scope: ScopeWatch;
  #action: IsolateAction | null = null;
  #onEnter = IDLE;
  #startedAt = performance.now();
  #work: () => void = IDLE;
  #closed = false;
  /** Code of an action ran on after its end. */
  #isStale = false;
  #nextTicket = 1;

  constructor(options: IsolateRealmOptions) {
    this.#options = options;
    this.#control = installRealm(
      this.#context,
      this.#host(),
      options.realmSource,
    );
    this.#scope = new ScopeWatch(this.#context, this.#control);
  }

  begin(action: IsolateAction): void {
    this.#action = action;
    this.#onEnter = action.onEnter;
    this.#startedAt = performance.now();
  }

  /** Nothing that the action started goes on. True when the realm is as it was before. */
  leave(): boolean {
    const { isIdle } = this.#surroundings;
    this.#surroundings.stop();
    this.#action = null;
    let isUntouched = false;
    if (isIdle && !this.#isStale)
      this.enter(() => (isUntouched = this.#scope.isUntouchedThroughout()));
    return isUntouched && !this.#isStale;
  }

  run(
    call: { module: string; name: string; args: unknown[] },
    done: (settled: Settled) => void,
  ): void {
    this.enter(() => {
      const target = this.#load(call.module)[call.name];
      void this.#control.invoke(target, "invokeAction", call.args, done);
    });
  }

  serve(
    module: string,
    exchange: HttpExchange,
    done: (settled: Settled) => void,
  ): HttpInput {
    let input: HttpInput | null = null;
    this.enter(() => {
      const router = this.#load(module)["default"];
      input = this.#control.serve(router, exchange, done);
    });
    const given = input as HttpInput | null;
    return {
      chunk: (bytes) => this.enter(() => given?.chunk(bytes)),
      end: () => this.enter(() => given?.end()),
      fail: (message) => this.enter(() => given?.fail(message)),
      abort: () => this.enter(() => given?.abort()),
    };
  }

  close(): void {
    this.#closed = true;
  }

  owns(promise: unknown): boolean {
    return this.#control.owns(promise);
  }

  describe(thrown: unknown): ThrownDescription {
    return sanitize(this.#control.describe(thrown));
  }

  error(thrown: ThrownDescription): FunctionError {
    return thrownError(sanitize(thrown), (filename) =>
      this.#options.byFilename.get(filename),
    );
  }

  /** Runs `work` and the microtasks that follow; what fails here fails the action. */
  enter(work: () => void): void {
    if (this.#closed) return;
    this.#onEnter();
    let failure: { error: unknown } | null = null;
    this.#work = () => {
      try {
        work();
      } catch (error) {
        failure = { error };
      }
    };
    const isWhole = this.#options.regions.run(() => {
      try {
        stepScript.runInContext(this.#context);
      } catch (error) {
        failure = { error };
      }
    });
    if (!isWhole) return this.#stopped();
    const failed = failure as { error: unknown } | null;
    if (failed !== null) this.#fail(failed.error);
  }

  #load(modulePath: string): ModuleExports {
    if (this.#control.isLoaded(modulePath))
      return this.#control.load(modulePath);
    try {
      return this.#control.load(modulePath);
    } finally {
      this.#scope.remember();
    }
  }

  /** Whoever waited for the action has been told. */
  #stopped(): void {
    this.#isStale = true;
    this.#action?.services.fail(new FunctionError("The action was stopped"));
  }

  #fail(error: unknown): void {
    this.#services()?.fail(this.error(this.describe(error)));
  }

  /** Null when the action has ended: whatever still asks then is left over. */
  #services(): ActionServices | null {
    this.#isStale ||= this.#action === null;
    return this.#action?.services ?? null;
  }

  /** User code can call it, too; then there is nothing to do. */
  #takeStep(): void {
    const work = this.#work;
    this.#work = IDLE;
    work();
  }

  #host(): RealmHost {
    const { modules } = this.#options;
    return {
      ...HOST_PLATFORM,
      surroundings: {
        kind: "action",
        network: this.#surroundings.network(),
        files: this.#surroundings.files(),
      },
      step: () => this.#takeStep(),
      hasModule: (path) => modules.has(path),
      moduleBody: (path) => moduleBody(modules, path, this.#context),
      syscall: (op) => ({ ok: false, message: `Unknown operation ${op}` }),
      asyncSyscall: (op, args) => this.#asyncSyscall(op, args),
      log: (level, messages) =>
        this.#services()?.log(String(level), parseMessages(messages)),
      env: (name) => this.#action?.services.env(name),
      nowMs: () => Date.now(),
      elapsedMs: () => performance.now() - this.#startedAt,
      refuse: (text) => this.#services()?.fail(new FunctionError(String(text))),
    };
  }

  #asyncSyscall(op: string, args: string): number {
    const ticket = this.#nextTicket++;
    this.#surroundings.syscall(String(op), String(args), (reply) =>
      this.#control.settle(ticket, reply),
    );
    return ticket;
  }
}
