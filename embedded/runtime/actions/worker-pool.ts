/** Workers of one kind: started when needed, replaced when they end, each running many actions. */
import { Worker } from "node:worker_threads";
import { FunctionError, timeoutText } from "../errors";
import type { CompiledModule } from "../modules/compiled-module";
import { realmSource, workerSource } from "../bundled-sources";
import type {
  ActionJob,
  FromWorker,
  StoredBytes,
  ToWorker,
  WorkerKind,
  WorkerSetup,
} from "./worker-messages";

export type SyscallAnswer = { value: string; bytes?: StoredBytes | null };
export interface JobHandlers {
  syscall(
    op: string,
    args: string,
    bytes?: StoredBytes,
  ): Promise<SyscallAnswer>;
  log(level: string, messages: string[]): void;
  responseHead?(status: number, headers: [string, string][]): void;
  responseChunk?(chunk: Uint8Array): void;
}
export interface LoadedModules {
  id: number;
  components: [string, CompiledModule[]][];
}

type Pending = {
  handlers: JobHandlers;
  resolve: (value: string) => void;
  reject: (error: Error) => void;
};
type Slot = {
  worker: Worker;
  pending: Map<number, Pending>;
  loaded: Set<number>;
  poisoned: boolean;
  awaitingPong: boolean;
};

const CRASHED = "Transient error while executing action";
const STUCK_AFTER_MS = 2000;

export class WorkerPool {
  readonly #kind: WorkerKind;
  readonly #size: number;
  readonly #timeoutMs: number;
  readonly #slots: Slot[] = [];
  #nextId = 1;
  #closed = false;

  constructor(options: { kind: WorkerKind; size: number; timeoutMs: number }) {
    this.#kind = options.kind;
    this.#size = options.size;
    this.#timeoutMs = options.timeoutMs;
  }

  get workers(): number {
    return this.#slots.length;
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
    return this.#send(modules, {
      id,
      message,
      handlers,
      ...(signal === undefined ? {} : { signal }),
    });
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
    for (const slot of this.#slots) {
      if (slot.loaded.delete(deploymentId))
        post(slot, { kind: "unload", deploymentId });
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(
      this.#slots.splice(0).map((slot) => this.#end(slot, CRASHED)),
    );
  }

  #send(
    modules: LoadedModules,
    request: {
      id: number;
      message: ToWorker;
      handlers: JobHandlers;
      signal?: AbortSignal;
    },
  ): Promise<string> {
    if (this.#closed) return Promise.reject(new FunctionError(CRASHED));
    const slot = this.#pick();
    if (!slot.loaded.has(modules.id)) {
      slot.loaded.add(modules.id);
      post(slot, {
        kind: "load",
        deploymentId: modules.id,
        components: modules.components,
      });
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#timeOut(slot, request.id),
        this.#timeoutMs,
      );
      const settle =
        <T>(finish: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(timer);
          slot.pending.delete(request.id);
          finish(value);
        };
      slot.pending.set(request.id, {
        handlers: request.handlers,
        resolve: settle(resolve),
        reject: settle(reject),
      });
      request.signal?.addEventListener("abort", () =>
        this.#abort(slot, request.id, "The request was aborted"),
      );
      post(slot, request.message);
    });
  }

  #pick(): Slot {
    const usable = this.#slots.filter((slot) => !slot.poisoned);
    const idle = usable.find((slot) => slot.pending.size === 0);
    if (idle !== undefined) return idle;
    if (usable.length < this.#size) return this.#start();
    return usable.reduce((least, slot) =>
      slot.pending.size < least.pending.size ? slot : least,
    );
  }

  #start(): Slot {
    const setup: WorkerSetup = { kind: this.#kind, realmSource: realmSource() };
    const worker = new Worker(workerSource(), {
      eval: true,
      workerData: setup,
      execArgv: [],
      env: this.#kind === "node" ? {} : { TZ: "UTC" },
    });
    const slot: Slot = {
      worker,
      pending: new Map(),
      loaded: new Set(),
      poisoned: false,
      awaitingPong: false,
    };
    worker.on("message", (message: FromWorker) => this.#receive(slot, message));
    worker.on("error", (error: Error) => void this.#end(slot, error.message));
    worker.on("exit", () => void this.#end(slot, CRASHED));
    this.#slots.push(slot);
    return slot;
  }

  #receive(slot: Slot, message: FromWorker): void {
    if (message.kind === "ready") return;
    if (message.kind === "poisoned") return this.#retire(slot);
    const pending = slot.pending.get(message.id);
    if (message.kind === "pong") slot.awaitingPong = false;
    if (pending === undefined || message.kind === "pong") return;
    switch (message.kind) {
      case "done":
        pending.resolve(message.value);
        return this.#retireIfPoisoned(slot);
      case "failed":
        pending.reject(new FunctionError(message.error.text, message.error));
        return this.#retireIfPoisoned(slot);
      case "described":
        return pending.resolve(JSON.stringify(message.module.functions));
      case "syscall":
        return void this.#answer(slot, pending, message);
      case "log":
        return pending.handlers.log(message.level, message.messages);
      case "responseHead":
        return pending.handlers.responseHead?.(message.status, message.headers);
      case "responseChunk":
        return pending.handlers.responseChunk?.(message.chunk);
      default:
        return message satisfies never;
    }
  }

  async #answer(
    slot: Slot,
    pending: Pending,
    message: Extract<FromWorker, { kind: "syscall" }>,
  ): Promise<void> {
    const { id, ticket } = message;
    try {
      const { value, bytes } = await pending.handlers.syscall(
        message.op,
        message.args,
        message.bytes,
      );
      post(slot, {
        kind: "reply",
        id,
        ticket,
        reply: { ok: true, value },
        ...(bytes === undefined ? {} : { bytes }),
      });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const data =
        error instanceof Error && "data" in error && error.data !== undefined
          ? { data: JSON.stringify(error.data) }
          : {};
      post(slot, {
        kind: "reply",
        id,
        ticket,
        reply: { ok: false, message: text, ...data },
      });
    }
  }

  #timeOut(slot: Slot, id: number): void {
    this.#abort(slot, id, timeoutText(this.#timeoutMs));
    slot.awaitingPong = true;
    post(slot, { kind: "ping", id });
    setTimeout(() => {
      if (slot.awaitingPong) void this.#end(slot, CRASHED);
    }, STUCK_AFTER_MS).unref();
  }

  #abort(slot: Slot, id: number, text: string): void {
    post(slot, { kind: "abort", id });
    slot.pending.get(id)?.reject(new FunctionError(text));
  }

  /** New actions go elsewhere; those still running here may finish. */
  #retire(slot: Slot): void {
    slot.poisoned = true;
    this.#retireIfPoisoned(slot);
  }

  #retireIfPoisoned(slot: Slot): void {
    if (slot.poisoned && slot.pending.size === 0) void this.#end(slot, CRASHED);
  }

  async #end(slot: Slot, text: string): Promise<void> {
    const index = this.#slots.indexOf(slot);
    if (index !== -1) this.#slots.splice(index, 1);
    for (const pending of [...slot.pending.values()])
      pending.reject(new FunctionError(text));
    await slot.worker.terminate();
  }
}

const NO_HANDLERS: JobHandlers = {
  syscall: () =>
    Promise.reject(new Error("Can't use Convex functions at import time")),
  log: () => undefined,
};

function post(slot: Slot, message: ToWorker): void {
  slot.worker.postMessage(message);
}
