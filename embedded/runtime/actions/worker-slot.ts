/** One worker thread, and the actions that run in it. */
import { Worker } from "node:worker_threads";
import { realmSource, workerSource } from "../bundled-sources";
import { FunctionError, outOfMemoryText } from "../errors";
import type { CompiledModule } from "../modules/compiled-module";
import type { JobHandlers } from "./job-handlers";
import { stopRegion } from "./stop-region";
import { enteredAction, newWorkerCells, takeRegion } from "./worker-cells";
import type {
  FromWorker,
  ToWorker,
  WorkerKind,
  WorkerSetup,
} from "./worker-messages";

export interface LoadedModules {
  id: number;
  components: [string, CompiledModule[]][];
}
type Pending = {
  handlers: JobHandlers;
  resolve: (value: string) => void;
  reject: (error: Error) => void;
};
export type SlotOptions = {
  kind: WorkerKind;
  heapMegabytes: number;
  onEnd: () => void;
};

export const CRASHED = "Transient error while executing action";
/** A worker that does not answer for so long is busy with one action alone. */
const STUCK_AFTER_MS = 1000;
const HEARTBEAT_MS = 500;

export class WorkerSlot {
  readonly #options: SlotOptions;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #loaded = new Set<number>();
  readonly #cells = newWorkerCells();
  #isReady = false;
  #poisoned = false;
  #ended = false;
  #pinged: NodeJS.Timeout | null = null;
  /** One ping every while, however many actions begin meanwhile. */
  #nextPing: NodeJS.Timeout | null = null;
  #stuckSince: number | null = null;
  #heldUpMs = 0;

  constructor(options: SlotOptions) {
    this.#options = options;
    this.#worker = this.#start();
    this.#worker.on("message", (message: FromWorker) => this.#receive(message));
    this.#worker.on("error", (error: Error) => this.#crashed(error));
    this.#worker.on("exit", () => void this.end(CRASHED));
  }

  #start(): Worker {
    const { kind, heapMegabytes } = this.#options;
    const setup: WorkerSetup = {
      kind,
      realmSource: realmSource(),
      cells: this.#cells,
    };
    return new Worker(workerSource(), {
      eval: true,
      workerData: setup,
      execArgv: [],
      env: kind === "node" ? {} : { TZ: "UTC" },
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
    });
  }

  get size(): number {
    return this.#pending.size;
  }

  /** False when what runs here may finish, but nothing new should start. */
  get takesMore(): boolean {
    return !this.#poisoned && this.#stuckSince === null && !this.#ended;
  }

  /** How long actions here have waited for another, in all; null for the one that they wait for. */
  heldUpMs(id: number): number | null {
    if (this.#stuckSince === null) return this.#heldUpMs;
    return enteredAction(this.#cells) === id
      ? null
      : this.#heldUpMs + performance.now() - this.#stuckSince;
  }

  /** Rejects with `FunctionError`. Without `handlers` nothing but an answer is expected. */
  run(
    modules: LoadedModules,
    request: { id: number; message: ToWorker; handlers: JobHandlers },
  ): Promise<string> {
    this.#load(modules);
    if (this.#nextPing === null) this.#ping();
    return new Promise((resolve, reject) => {
      this.#pending.set(request.id, {
        handlers: request.handlers,
        resolve,
        reject,
      });
      this.post(request.message);
    }).finally(() => this.#finished(request.id)) as Promise<string>;
  }

  post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /** The caller hears of it now; the worker should stop, and is ended when it cannot. */
  abort(id: number, error: FunctionError): void {
    this.post({ kind: "abort", id });
    this.#pending.get(id)?.reject(error);
    this.#pending.delete(id);
    this.#stopWhatIsOver();
    this.#ping();
  }

  unload(deploymentId: number): void {
    if (this.#loaded.delete(deploymentId))
      this.post({ kind: "unload", deploymentId });
  }

  async end(text: string): Promise<void> {
    if (!this.#ended) {
      this.#ended = true;
      this.#options.onEnd();
      if (this.#pinged !== null) clearTimeout(this.#pinged);
      this.#cancelNextPing();
      for (const { reject } of [...this.#pending.values()])
        reject(new FunctionError(text));
    }
    await this.#worker.terminate();
  }

  #load(modules: LoadedModules): void {
    if (this.#loaded.has(modules.id)) return;
    this.#loaded.add(modules.id);
    const { id, components } = modules;
    this.post({ kind: "load", deploymentId: id, components });
  }

  #finished(id: number): void {
    this.#pending.delete(id);
    if (this.#poisoned && this.#pending.size === 0) void this.end(CRASHED);
  }

  #ping(): void {
    if (this.#pinged !== null || !this.#isReady || this.#ended) return;
    this.#cancelNextPing();
    this.post({ kind: "ping", id: 0 });
    this.#pinged = setTimeout(() => this.#noAnswer(), STUCK_AFTER_MS);
    this.#pinged.unref();
  }

  #cancelNextPing(): void {
    if (this.#nextPing !== null) clearTimeout(this.#nextPing);
    this.#nextPing = null;
  }

  /** New actions go elsewhere; a worker that nobody waits for any more is ended. */
  #noAnswer(): void {
    this.#stuckSince ??= performance.now() - STUCK_AFTER_MS;
    const isStopping = this.#stopWhatIsOver();
    if (this.#pending.size === 0 && !isStopping) return void this.end(CRASHED);
    this.#pinged = setTimeout(() => this.#noAnswer(), STUCK_AFTER_MS);
    this.#pinged.unref();
  }

  /** Code of an action that nobody waits for any more, if it keeps the others from going on. */
  #stopWhatIsOver(): boolean {
    const isOver = (action: number): boolean => !this.#pending.has(action);
    const isTaken = takeRegion(this.#cells, isOver);
    if (isTaken) stopRegion(this.#worker);
    return isTaken;
  }

  #answered(): void {
    if (this.#stuckSince !== null)
      this.#heldUpMs += performance.now() - this.#stuckSince;
    this.#stuckSince = null;
    if (this.#pinged !== null) clearTimeout(this.#pinged);
    this.#pinged = null;
    this.#nextPing = setTimeout(() => {
      this.#nextPing = null;
      if (this.#pending.size > 0) this.#ping();
    }, HEARTBEAT_MS);
    this.#nextPing.unref();
  }

  #crashed(error: Error): void {
    const isMemory =
      "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
    const text = isMemory
      ? outOfMemoryText(this.#options.heapMegabytes)
      : error.message;
    const culprit = enteredAction(this.#cells);
    this.#pending.get(culprit)?.reject(new FunctionError(text));
    void this.end(this.#pending.has(culprit) ? CRASHED : text);
  }

  #receive(message: FromWorker): void {
    if (message.kind === "ready") {
      this.#isReady = true;
      return this.#ping();
    }
    if (message.kind === "pong") return this.#answered();
    if (message.kind === "poisoned") {
      this.#poisoned = true;
      if (this.#pending.size === 0) void this.end(CRASHED);
      return;
    }
    const pending = this.#pending.get(message.id);
    if (pending !== undefined) this.#handle(message, pending);
  }

  #handle(
    message: Exclude<FromWorker, { kind: "ready" | "pong" | "poisoned" }>,
    pending: Pending,
  ): void {
    const { id } = message;
    const { handlers } = pending;
    switch (message.kind) {
      case "done":
        return pending.resolve(message.value);
      case "failed":
        return pending.reject(
          new FunctionError(message.error.text, message.error),
        );
      case "described":
        return pending.resolve(JSON.stringify(message.module.functions));
      case "syscall":
        return void this.#answer(handlers, message);
      case "log":
        return handlers.log(message.level, message.messages);
      case "requestPull":
        return void handlers
          .requestPart?.()
          .then((part) => this.post({ kind: "requestPart", id, part }));
      case "responseHead":
        return handlers.responseHead?.(message.status, message.headers);
      case "responseChunk":
        return void handlers
          .responseChunk?.(message.chunk)
          .then(() => this.post({ kind: "responseTaken", id }));
      default:
        return message satisfies never;
    }
  }

  async #answer(
    handlers: JobHandlers,
    message: Extract<FromWorker, { kind: "syscall" }>,
  ): Promise<void> {
    const { id, ticket, op, args } = message;
    try {
      const answer = await handlers.syscall(op, args, message.bytes);
      const { value, bytes } = answer;
      const reply = { ok: true, value } as const;
      this.post({
        kind: "reply",
        id,
        ticket,
        reply,
        ...(bytes === undefined ? {} : { bytes }),
      });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const data =
        error instanceof Error && "data" in error && error.data !== undefined
          ? { data: JSON.stringify(error.data) }
          : {};
      const reply = { ok: false, message: text, ...data } as const;
      this.post({ kind: "reply", id, ticket, reply });
    }
  }
}
