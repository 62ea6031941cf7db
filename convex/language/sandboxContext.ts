import { DefaultIntrinsics } from "quickjs-emscripten-core";
import type {
  QuickJSContext,
  QuickJSHandle,
  QuickJSRuntime,
} from "quickjs-emscripten-core";
import type { LogLevel, LogLine, StepError } from "./evaluation";
import type { Engine } from "./quickjs";
import { SDK_SOURCE } from "./sdkSource";
import { toStepError } from "./stepErrors";

export const MEMORY_BYTES = 32 * 1024 * 1024;
const STACK_BYTES = 512 * 1024;
const MAX_LOG_LINES = 1_000;
const MAX_LOG_CHARS = 64 * 1024;

/**
 * Inside a Convex mutation the clock stands still, so time is also counted in interrupts: QuickJS asks
 * every 10,000 branches or calls, about every half millisecond of busy code.
 */
const INTERRUPTS_PER_MS = 10;

export type UserContext = {
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
  allow(budgetMs: number): void;
  /** Wall time spent in user code so far. */
  usedMs(): number;
  logs: LogLine[];
  vm: QuickJSContext;
  dispose(): void;
};

/** User code failed, or was stopped. */
export class SandboxFailure extends Error {
  readonly error: StepError;
  constructor(error: StepError) {
    super(error.message);
    this.error = error;
  }
}

export type HostCall = (op: string, id: string, payload: string) => void;

export type ContextOptions = {
  engine: Engine;
  seed: string;
  nowMs: number;
  onCall?: HostCall;
  onLog?: (line: LogLine) => void;
  memoryBytes?: number;
};

/** Buffers are not counted against the memory limit, so there are none: values are JSON. */
const INTRINSICS = { ...DefaultIntrinsics, TypedArrays: false };

/** A fresh context in a fresh runtime: nothing of an earlier evaluation can be in it. */
export function createContext(options: ContextOptions): UserContext {
  const { engine } = options;
  const runtime = engine.quickjs.newRuntime();
  runtime.setMemoryLimit(options.memoryBytes ?? MEMORY_BYTES);
  runtime.setMaxStackSize(STACK_BYTES);
  const budget = new Budget(runtime);
  const vm = runtime.newContext({ intrinsics: INTRINSICS });
  const logs: LogLine[] = [];
  const host = hostFunction(vm, options, logs);
  const enterFunction = installSdk(vm, host, options);
  return new Session(engine, runtime, vm, enterFunction, budget, logs);
}

/** What user code may still use. Its interrupts cannot be caught by user code. */
class Budget {
  #deadline = Infinity;
  #interruptsLeft = Infinity;
  #ms = 0;
  exceeded = false;

  constructor(runtime: QuickJSRuntime) {
    runtime.setInterruptHandler(() => {
      this.#interruptsLeft -= 1;
      this.exceeded ||=
        this.#interruptsLeft <= 0 || Date.now() > this.#deadline;
      return this.exceeded;
    });
  }

  get ms(): number {
    return this.#ms;
  }

  allow(ms: number): void {
    this.#ms = ms;
    this.#deadline = Date.now() + ms;
    this.#interruptsLeft = ms * INTERRUPTS_PER_MS;
    this.exceeded = false;
  }
}

class Session implements UserContext {
  readonly vm: QuickJSContext;
  readonly logs: LogLine[];
  readonly #engine: Engine;
  readonly #runtime: QuickJSRuntime;
  readonly #enter: QuickJSHandle;
  readonly #budget: Budget;
  #usedMs = 0;
  #exhausted = false;

  constructor(
    engine: Engine,
    runtime: QuickJSRuntime,
    vm: QuickJSContext,
    enter: QuickJSHandle,
    budget: Budget,
    logs: LogLine[],
  ) {
    this.#engine = engine;
    this.#runtime = runtime;
    this.vm = vm;
    this.#enter = enter;
    this.#budget = budget;
    this.logs = logs;
  }

  allow(budgetMs: number): void {
    this.#budget.allow(budgetMs);
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

  enterHandle(op: string, ...args: string[]): QuickJSHandle {
    return this.#guard(() => this.#callEnter([op, ...args]));
  }

  enter(op: string, ...args: string[]): string {
    const handle = this.enterHandle(op, ...args);
    const text = this.vm.getString(handle);
    handle.dispose();
    return text;
  }

  runJobs(): void {
    const started = Date.now();
    const result = this.#trap(() => this.#runtime.executePendingJobs());
    this.#usedMs += Date.now() - started;
    if (result.error !== undefined) throw this.#failure(result.error);
    if (this.#budget.exceeded) throw this.#interrupted();
  }

  /**
   * An interrupted or exhausted runtime may hold what it cannot free, and QuickJS aborts the whole
   * instance over that: such a runtime is left alone, and the instance takes no new work.
   */
  dispose(): void {
    if (this.#exhausted) this.#engine.retired = true;
    if (this.#engine.broken || this.#exhausted) return;
    try {
      this.#enter.dispose();
      this.vm.dispose();
      this.#runtime.dispose();
    } catch {
      this.#engine.broken = true;
    }
  }

  #callEnter(args: string[]) {
    const handles = args.map((text) => this.vm.newString(text));
    const result = this.vm.callFunction(
      this.#enter,
      this.vm.undefined,
      ...handles,
    );
    for (const handle of handles) handle.dispose();
    return result;
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
    if (this.#budget.exceeded) {
      thrown.dispose();
      return this.#interrupted();
    }
    this.#budget.allow(50);
    const described = this.#trap(() => this.#describe(thrown));
    thrown.dispose();
    const error = toStepError(described);
    if (error.code === "sandbox_limit") this.#exhausted = true;
    return new SandboxFailure(error);
  }

  #interrupted(): SandboxFailure {
    this.#exhausted = true;
    return new SandboxFailure(this.#tooSlow());
  }

  #describe(thrown: QuickJSHandle): unknown {
    const op = this.vm.newString("error");
    const result = this.vm.callFunction(
      this.#enter,
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

  #tooSlow(): StepError {
    return limitError(
      `The code ran longer than ${this.#budget.ms} ms. Move long work into an action, or do less in one step.`,
    );
  }
}

export function limitError(message: string): StepError {
  return {
    name: "SandboxLimitError",
    message,
    code: "sandbox_limit",
    retryable: false,
    frames: [],
  };
}

function crashed(): StepError {
  return limitError("The code used more stack or memory than the sandbox has.");
}

const LEVELS: readonly string[] = ["debug", "info", "warn", "error"];
const isLevel = (text: string): text is LogLevel => LEVELS.includes(text);

function hostFunction(
  vm: QuickJSContext,
  options: ContextOptions,
  logs: LogLine[],
): QuickJSHandle {
  let chars = 0;
  const log = (level: string, message: string) => {
    if (logs.length >= MAX_LOG_LINES || chars > MAX_LOG_CHARS) return;
    const line = {
      level: isLevel(level) ? level : "info",
      message: message.slice(0, MAX_LOG_CHARS - chars),
    } as const;
    chars += message.length;
    logs.push(line);
    options.onLog?.(line);
  };
  return vm.newFunction("host", (op, id, payload) => {
    const name = vm.getString(op);
    if (name === "log") log(vm.getString(id), vm.getString(payload));
    else options.onCall?.(name, vm.getString(id), vm.getString(payload));
  });
}

function installSdk(
  vm: QuickJSContext,
  host: QuickJSHandle,
  options: ContextOptions,
): QuickJSHandle {
  const install = vm.unwrapResult(vm.evalCode(SDK_SOURCE, "lockstep"));
  const args = [
    host,
    vm.newNumber(options.nowMs),
    vm.newString(options.seed),
    vm.newString(nonce()),
  ];
  const result = vm.callFunction(install, vm.undefined, ...args);
  for (const handle of [install, ...args]) handle.dispose();
  return vm.unwrapResult(result);
}

/** Unknown to everything that was written before the evaluation began. */
function nonce(): string {
  const part = () => Math.random().toString(36).slice(2, 12);
  return `${part()}${part()}`;
}
