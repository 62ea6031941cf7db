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

type SeenProgram = {
  evaluations: number;
  image: ProgramImage | null;
  /** Which function was called last: the one that will be called next, in a loop. */
  last: string;
  /** After that function was found, too: what defines the blocks around it has run. Null: seen, and without an image. */
  found: { key: string; image: ProgramImage | null } | null;
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
 * it logged and spent is logged and spent again. The same goes for finding a function inside blocks.
 */
export class SnapshotSandbox {
  readonly #engine: Engine;
  readonly #heap: Heap;
  readonly #context: UserContext;
  readonly #pristine: MemoryImage;
  /** Least recently used first. */
  readonly #programs = new Map<string, SeenProgram>();
  /** The most recently used. */
  #last: { program: string; seen: SeenProgram } | null = null;

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

  /** Calls the request's function with the JSON text of its scope; gives JSON text. Throws `SandboxFailure`. */
  call(request: EvaluateRequest, scope: string): string {
    const { path, slot } = request.fn;
    const seen = this.#remember(request.program);
    const key = `${path} ${slot}`;
    const isAgain = seen.last === key;
    seen.last = key;
    if (seen.image === null) this.#evaluate(request, seen);
    else {
      const image = isAgain ? this.#findIn(seen.image, seen, request) : null;
      this.#resume(image ?? seen.image, request);
    }
    return this.#context.call(request.fn, scope);
  }

  #resume(image: ProgramImage, request: EvaluateRequest): void {
    image.memory.restore();
    this.#context.begin(request);
    this.#context.relog(image.logs);
    this.#context.allow(PURE_BUDGET_MS, image.interruptsSpent);
  }

  #evaluate(request: EvaluateRequest, seen: SeenProgram): void {
    this.#pristine.restore();
    this.#context.begin(request);
    this.#context.allow(PURE_BUDGET_MS);
    this.#context.evaluate(request.program, USER_FILE);
    if (seen.evaluations > 0) {
      this.#context.enter("keep");
      if (!this.#context.hasObserved()) seen.image = this.#takeImage();
    }
    seen.evaluations += 1;
  }

  /** An image after the function was found, for one inside blocks. */
  #findIn(
    program: ProgramImage,
    seen: SeenProgram,
    request: EvaluateRequest,
  ): ProgramImage | null {
    const { path, slot } = request.fn;
    if (!path.includes("/")) return null;
    if (seen.found?.key === seen.last) return seen.found.image;
    this.#resume(program, request);
    this.#context.enter("find", path, slot);
    const image = this.#context.hasObserved() ? null : this.#takeImage();
    seen.found = { key: seen.last, image };
    return image;
  }

  #takeImage(): ProgramImage | null {
    const memory = new MemoryImage(this.#engine, this.#heap);
    if (memory.bytes > MAX_IMAGE_BYTES) return null;
    const interruptsSpent = this.#context.interruptsSpent();
    return { memory, interruptsSpent, logs: [...this.#context.logs] };
  }

  #remember(program: string): SeenProgram {
    const last = this.#last;
    if (last?.program === program) return last.seen;
    const seen = this.#programs.get(program) ?? {
      evaluations: 0,
      image: null,
      last: "",
      found: null,
    };
    this.#programs.delete(program);
    this.#programs.set(program, seen);
    this.#last = { program, seen };
    const [oldest] = this.#programs.keys();
    if (this.#programs.size > MAX_PROGRAMS && oldest !== undefined)
      this.#programs.delete(oldest);
    return seen;
  }
}
