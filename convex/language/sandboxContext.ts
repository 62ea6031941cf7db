import { DefaultIntrinsics } from "quickjs-emscripten-core";
import type {
  QuickJSContext,
  QuickJSHandle,
  QuickJSRuntime,
} from "quickjs-emscripten-core";
import { Budget } from "./budget";
import type { LogLine, StackFrame, StepError } from "./evaluation";
import { Journal, type JournalLimits } from "./journal";
import type { Engine } from "./quickjs";
import type { FunctionRef } from "./graph";
import {
  crashed,
  DESCRIBE_BUDGET_MS,
  SandboxFailure,
  tooSlow,
  UNREADABLE,
} from "./sandboxFailure";
import {
  type HostCall,
  hostFunction,
  installSdk,
  type Sdk,
} from "./sandboxSdk";
import { parseFrames, toStepError } from "./stepErrors";
import { TextCall } from "./textCall";
import { type Moment, World } from "./world";

export const MEMORY_BYTES = 32 * 1024 * 1024;
const STACK_BYTES = 512 * 1024;

export type UserContext = {
  /** Gives what follows its moment and an empty log. */
  begin(moment: Moment): void;
  /** Whether user code has seen anything of the moment, so that another one would show. */
  hasObserved(): boolean;
  /**
   * Calls a function of the program with the JSON text of its scope; gives JSON text. Throws `SandboxFailure`. What it
   * leaves in the context's memory is not freed: only for a context that is put back before it is used again.
   */
  call(fn: FunctionRef, scope: string): string;
  /** Runs `enter` of the SDK; throws `SandboxFailure`. */
  enter(op: string, ...args: string[]): string;
  enterHandle(op: string, ...args: string[]): QuickJSHandle;
  evaluate(source: string, file: string): void;
  evaluateHandle(source: string, file: string): QuickJSHandle;
  /** Calls the function that `source` is with (chain, blockOf, z), for the compiler. */
  recordWith(source: string, z: QuickJSHandle): string;
  /** Runs what promises made ready. */
  runJobs(): void;
  /** Renews what user code may use before it is interrupted. */
  allow(budgetMs: number, interruptsSpent?: number): void;
  /** Interrupts since the last `allow`. */
  interruptsSpent(): number;
  /** Logs again what an evaluation logged before. */
  relog(lines: readonly LogLine[]): void;
  /** Wall time spent in user code so far. */
  usedMs(): number;
  readonly logs: LogLine[];
  vm: QuickJSContext;
  dispose(): void;
};

export type ContextOptions = {
  engine: Engine;
  onCall?: HostCall;
  onLog?: (line: LogLine) => void;
  /** How much may be logged; what a synchronous function may when left out. */
  journal?: JournalLimits;
  memoryBytes?: number;
};

/** Buffers are not counted against the memory limit, so there are none: values are JSON. */
const INTRINSICS = { ...DefaultIntrinsics, TypedArrays: false };

/** A fresh context in a fresh runtime: nothing of an earlier evaluation can be in it. */
export function createContext(options: ContextOptions & Moment): UserContext {
  const context = openContext(options);
  context.begin(options);
  return context;
}

/** A fresh context that waits for its first `begin`. */
export function openContext(options: ContextOptions): UserContext {
  const { engine } = options;
  const runtime = engine.quickjs.newRuntime();
  runtime.setMemoryLimit(options.memoryBytes ?? MEMORY_BYTES);
  runtime.setMaxStackSize(STACK_BYTES);
  const budget = new Budget(runtime);
  const vm = runtime.newContext({ intrinsics: INTRINSICS });
  const journal = new Journal(options.journal);
  const world = new World();
  const host = hostFunction(vm, options, { journal, world });
  const sdk = installSdk(vm, host);
  const isAction = options.onCall !== undefined;
  return new Session({
    ...{ engine, runtime, vm, sdk, budget, journal, world, isAction },
    caller: new TextCall(engine, vm, sdk.caller),
  });
}

type SessionParts = {
  engine: Engine;
  runtime: QuickJSRuntime;
  vm: QuickJSContext;
  sdk: Sdk;
  budget: Budget;
  journal: Journal;
  world: World;
  isAction: boolean;
  caller: TextCall;
};

class Session implements UserContext {
  readonly vm: QuickJSContext;
  readonly #engine: Engine;
  readonly #runtime: QuickJSRuntime;
  readonly #sdk: Sdk;
  readonly #budget: Budget;
  readonly #journal: Journal;
  readonly #world: World;
  readonly #isAction: boolean;
  readonly #caller: TextCall;
  #usedMs = 0;
  #exhausted = false;

  constructor(parts: SessionParts) {
    this.#engine = parts.engine;
    this.#runtime = parts.runtime;
    this.vm = parts.vm;
    this.#sdk = parts.sdk;
    this.#budget = parts.budget;
    this.#journal = parts.journal;
    this.#world = parts.world;
    this.#isAction = parts.isAction;
    this.#caller = parts.caller;
  }

  get logs(): LogLine[] {
    return this.#journal.lines;
  }

  begin(moment: Moment): void {
    this.#usedMs = 0;
    this.#exhausted = false;
    this.#journal.begin();
    this.#world.begin(moment);
  }

  hasObserved(): boolean {
    return this.#world.isSeen;
  }

  relog(lines: readonly LogLine[]): void {
    for (const { level, message } of lines) this.#journal.add(level, message);
  }

  allow(budgetMs: number, interruptsSpent = 0): void {
    this.#budget.allow(budgetMs, interruptsSpent);
  }

  interruptsSpent(): number {
    return this.#budget.interruptsSpent;
  }

  usedMs(): number {
    return this.#usedMs;
  }

  evaluate(source: string, file: string): void {
    this.evaluateHandle(source, file).dispose();
  }

  evaluateHandle(source: string, file: string): QuickJSHandle {
    return this.#guard(() => this.vm.evalCode(source, file, { strict: true }));
  }

  recordWith(source: string, z: QuickJSHandle): string {
    const handles = [
      this.evaluateHandle(source, "record"),
      this.enterHandle("chain"),
      this.enterHandle("blocks"),
    ] as const;
    const [record, chain, blocks] = handles;
    try {
      const result = this.#guard(() =>
        this.vm.callFunction(record, this.vm.undefined, chain, blocks, z),
      );
      const text = this.vm.getString(result);
      result.dispose();
      return text;
    } finally {
      for (const handle of handles) handle.dispose();
    }
  }

  call({ path, slot }: FunctionRef, scope: string): string {
    const given = this.#trap(() => this.#caller.call(path, slot, scope));
    if (typeof given === "string") return given;
    throw this.#failure(given);
  }

  enterHandle(op: string, ...args: string[]): QuickJSHandle {
    return this.#callWith(this.#sdk.enter, [op, ...args]);
  }

  enter(op: string, ...args: string[]): string {
    return this.#textOf(this.enterHandle(op, ...args));
  }

  runJobs(): void {
    const started = Date.now();
    const result = this.#trap(() => this.#runtime.executePendingJobs());
    this.#usedMs += Date.now() - started;
    if (result.error !== undefined) throw this.#failure(result.error);
    if (this.#budget.exceeded)
      throw this.#stopped(tooSlow(this.#budget.ms, this.#isAction));
  }

  /**
   * An interrupted or exhausted runtime may hold what it cannot free, and QuickJS aborts the whole
   * instance over that: such a runtime is left alone, and the instance takes no new work.
   */
  dispose(): void {
    if (this.#exhausted) this.#engine.retired = true;
    if (this.#engine.broken || this.#exhausted) return;
    try {
      this.#sdk.caller.dispose();
      this.#sdk.enter.dispose();
      this.vm.dispose();
      this.#runtime.dispose();
    } catch {
      this.#engine.broken = true;
    }
  }

  #callWith(fn: QuickJSHandle, args: string[]): QuickJSHandle {
    return this.#guard(() => {
      const handles = args.map((text) => this.vm.newString(text));
      const result = this.vm.callFunction(fn, this.vm.undefined, handles);
      for (const handle of handles) handle.dispose();
      return result;
    });
  }

  #textOf(handle: QuickJSHandle): string {
    const text = this.vm.getString(handle);
    handle.dispose();
    return text;
  }

  #guard(run: () => ReturnType<QuickJSContext["evalCode"]>): QuickJSHandle {
    const started = Date.now();
    const result = this.#trap(run);
    this.#usedMs += Date.now() - started;
    if (result.error !== undefined) throw this.#failure(result.error);
    return result.value;
  }

  /** A trap leaves the instance in an unknown state, so nobody uses it again. */
  #trap<T>(run: () => T): T {
    if (this.#engine.broken) throw new SandboxFailure(crashed());
    try {
      return run();
    } catch (error) {
      if (error instanceof SandboxFailure) throw error;
      this.#engine.broken = true;
      throw new SandboxFailure(crashed());
    }
  }

  #failure(thrown: QuickJSHandle): SandboxFailure {
    const isInterrupted = this.#budget.exceeded;
    const limit = isInterrupted
      ? tooSlow(this.#budget.ms, this.#isAction)
      : UNREADABLE;
    this.#budget.allow(DESCRIBE_BUDGET_MS);
    if (isInterrupted) return this.#stopped(limit, this.#framesOf(thrown));
    const described = this.#trap(() => this.#describe(thrown));
    thrown.dispose();
    if (this.#budget.exceeded) return this.#stopped(limit);
    const error = toStepError(described);
    if (error.code === "sandbox_limit") this.#exhausted = true;
    return new SandboxFailure(error);
  }

  #stopped(error: StepError, frames: StackFrame[] = []): SandboxFailure {
    this.#exhausted = true;
    return new SandboxFailure({ ...error, frames });
  }

  /** Where it was interrupted. The engine threw the error, so reading it runs no user code. */
  #framesOf(thrown: QuickJSHandle): StackFrame[] {
    return this.#trap(() => {
      const handle = this.vm.getProp(thrown, "stack");
      const stack: unknown = this.vm.dump(handle);
      handle.dispose();
      thrown.dispose();
      return typeof stack === "string" ? parseFrames(stack) : [];
    });
  }

  #describe(thrown: QuickJSHandle): unknown {
    const op = this.vm.newString("error");
    const result = this.vm.callFunction(
      this.#sdk.enter,
      this.vm.undefined,
      op,
      thrown,
    );
    op.dispose();
    const handle = result.error ?? result.value;
    const text = result.error ? null : this.vm.getString(handle);
    handle.dispose();
    return text === null ? null : JSON.parse(text);
  }
}
