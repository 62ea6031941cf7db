/** Workers of one kind: started when needed, replaced when they end, each running many actions. */
import { FunctionError, timeoutText } from "../errors";
import { type JobHandlers, NO_HANDLERS } from "./job-handlers";
import type { ActionJob, ToWorker, WorkerKind } from "./worker-messages";
import { CRASHED, type LoadedModules, WorkerSlot } from "./worker-slot";

export interface WorkerPoolOptions {
  kind: WorkerKind;
  size: number;
  timeoutMs: number;
  heapMegabytes: number;
}

/** While all workers are busy with a single action each, so many more may be started. */
const SPARE_WORKERS = 2;

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #slots = new Set<WorkerSlot>();
  #nextId = 1;
  #closed = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  get workers(): number {
    return this.#slots.size;
  }

  /** The JSON text that the action returned; rejects with `FunctionError`. */
  run(
    modules: LoadedModules,
    job: Omit<ActionJob, "id" | "deploymentId">,
    handlers: JobHandlers,
    signal?: AbortSignal,
  ): Promise<string> {
    const id = this.#nextId++;
    const message: ToWorker = {
      kind: "run",
      job: { ...job, id, deploymentId: modules.id },
    };
    return this.#send(modules, { id, message, handlers }, signal);
  }

  /** What `functionsOf` says about a module, as JSON text. */
  describe(
    modules: LoadedModules,
    request: { componentPath: string; module: string; env: ActionJob["env"] },
  ): Promise<string> {
    const id = this.#nextId++;
    const message: ToWorker = {
      kind: "describe",
      id,
      deploymentId: modules.id,
      ...request,
    };
    return this.#send(modules, { id, message, handlers: NO_HANDLERS });
  }

  unload(deploymentId: number): void {
    for (const slot of this.#slots) slot.unload(deploymentId);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#slots].map((slot) => slot.end(CRASHED)));
  }

  async #send(
    modules: LoadedModules,
    request: { id: number; message: ToWorker; handlers: JobHandlers },
    signal?: AbortSignal,
  ): Promise<string> {
    if (this.#closed) throw new FunctionError(CRASHED);
    if (signal?.aborted === true) throw new FunctionError(ABORTED);
    const slot = this.#pick();
    const stop = (text: string): void =>
      slot.abort(request.id, new FunctionError(text));
    const stopTimer = this.#startTimer(slot, request.id, stop);
    const onAbort = (): void => stop(ABORTED);
    signal?.addEventListener("abort", onAbort);
    try {
      return await slot.run(modules, request);
    } finally {
      stopTimer();
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** What an action waited for another that would not let go is not its own time. */
  #startTimer(
    slot: WorkerSlot,
    id: number,
    stop: (text: string) => void,
  ): () => void {
    const { timeoutMs } = this.#options;
    let grantedMs = slot.heldUpMs(id) ?? 0;
    const expire = (): void => {
      const heldUpMs = slot.heldUpMs(id);
      if (heldUpMs === null || heldUpMs <= grantedMs)
        return stop(timeoutText(timeoutMs));
      timer = setTimeout(expire, heldUpMs - grantedMs);
      grantedMs = heldUpMs;
    };
    let timer = setTimeout(expire, timeoutMs);
    return () => clearTimeout(timer);
  }

  #pick(): WorkerSlot {
    const usable = [...this.#slots].filter((slot) => slot.takesMore);
    const idle = usable.find((slot) => slot.size === 0);
    if (idle !== undefined) return idle;
    const { size } = this.#options;
    const mayStart =
      usable.length < size && this.#slots.size < size + SPARE_WORKERS;
    if (mayStart) return this.#start();
    const candidates = usable.length > 0 ? usable : [...this.#slots];
    return candidates.reduce((least, slot) =>
      slot.size < least.size ? slot : least,
    );
  }

  #start(): WorkerSlot {
    const { kind, heapMegabytes } = this.#options;
    const slot: WorkerSlot = new WorkerSlot({
      kind,
      heapMegabytes,
      onEnd: () => this.#slots.delete(slot),
    });
    this.#slots.add(slot);
    return slot;
  }
}

const ABORTED = "The request was aborted";
