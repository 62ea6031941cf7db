import type { EvaluateRequest, LogLine } from "./evaluation";
import { Heap, MemoryImage } from "./memoryImage";
import { createEngine, type Engine, isUsable, keepOne } from "./quickjs";
import { openContext, type UserContext } from "./sandboxContext";
import { USER_FILE } from "./stepErrors";

/** What a pure function may use, the definition around it included. */
export const PURE_BUDGET_MS = 100;
const MAX_PROGRAMS = 64;
const MAX_IMAGE_BYTES = 4 * 1024 * 1024;

/** An instance after a program was evaluated in it, and what that had cost and logged. */
type ProgramImage = {
  memory: MemoryImage;
  interruptsSpent: number;
  logs: readonly LogLine[];
};

/** The sandbox shared by pure evaluations; a new one when the last one broke or grew too large. */
export const loadSandbox = keepOne(createSandbox, (one) => one.isUsable());

export async function createSandbox(): Promise<SnapshotSandbox> {
  return new SnapshotSandbox(await createEngine());
}

/**
 * One context in an instance of its own, for synchronous evaluations, one after the other. Before each,
 * memory is put back to what it was before any user code ran, so nothing of an earlier one is left.
 *
 * A program seen twice gets an image of its own, taken after its top level ran, and is not evaluated
 * again. Nobody can tell: a top level that saw the clock, chance or a secret's token gets none, and what
 * it logged and spent is logged and spent again.
 */
export class SnapshotSandbox {
  readonly #engine: Engine;
  readonly #heap: Heap;
  readonly #context: UserContext;
  readonly #pristine: MemoryImage;
  /** Least recently used first; null: seen, and without an image. */
  readonly #programs = new Map<string, ProgramImage | null>();

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#heap = new Heap(engine);
    this.#context = openContext({ engine });
    this.#pristine = new MemoryImage(engine, this.#heap);
  }

  isUsable(): boolean {
    return isUsable(this.#engine);
  }

  get logs(): LogLine[] {
    return this.#context.logs;
  }

  /**
   * The context with the request's program in it, to be used before anybody opens it again. Throws
   * `SandboxFailure`.
   */
  open(request: EvaluateRequest): UserContext {
    const image = this.#programs.get(request.program);
    this.#remember(request.program, image ?? null);
    if (image) this.#resume(image, request);
    else this.#evaluate(request, image === null);
    return this.#context;
  }

  #resume(image: ProgramImage, request: EvaluateRequest): void {
    image.memory.restore();
    this.#context.begin(request);
    this.#context.relog(image.logs);
    this.#context.allow(PURE_BUDGET_MS, image.interruptsSpent);
  }

  #evaluate(request: EvaluateRequest, isSeenBefore: boolean): void {
    this.#pristine.restore();
    this.#context.begin(request);
    this.#context.allow(PURE_BUDGET_MS);
    this.#context.evaluate(request.program, USER_FILE);
    if (isSeenBefore && !this.#context.hasObserved())
      this.#remember(request.program, this.#takeImage());
  }

  #takeImage(): ProgramImage | null {
    const memory = new MemoryImage(this.#engine, this.#heap);
    if (memory.bytes > MAX_IMAGE_BYTES) return null;
    const interruptsSpent = this.#context.interruptsSpent();
    return { memory, interruptsSpent, logs: [...this.#context.logs] };
  }

  #remember(program: string, image: ProgramImage | null): void {
    this.#programs.delete(program);
    this.#programs.set(program, image);
    const [oldest] = this.#programs.keys();
    if (this.#programs.size > MAX_PROGRAMS && oldest !== undefined)
      this.#programs.delete(oldest);
  }
}
