/** The inside of a worker thread: loads deployments lazily and runs actions, many at a time. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { MessagePort } from "node:worker_threads";
import { FunctionError } from "../errors";
import { functionsOf } from "../function-info";
import type { IsolateRealm } from "./isolate-realm";
import { LoadedModules } from "./loaded-modules";
import { installNodeGlobals } from "./node-realm";
import { asErrorData, RunningAction } from "./running-action";
import { serveHttp } from "./serve-http";
import { StoppableRegions } from "./stoppable-regions";
import { setEntered } from "./worker-cells";
import type {
  ActionJob,
  FromWorker,
  ToWorker,
  WorkerSetup,
} from "./worker-messages";

export class ActionWorker {
  readonly #setup: WorkerSetup;
  readonly #port: MessagePort;
  readonly #loaded: LoadedModules;
  readonly #running = new Map<number, RunningAction>();
  readonly #isolates = new Map<number, IsolateRealm>();
  /** Of node actions: they share one scope. */
  readonly #current = new AsyncLocalStorage<RunningAction>();

  constructor(setup: WorkerSetup, port: MessagePort) {
    this.#setup = setup;
    this.#port = port;
    this.#loaded = new LoadedModules({
      realmSource: setup.realmSource,
      regions: new StoppableRegions(setup.cells),
    });
    port.on("message", (message: ToWorker) => this.#receive(message));
    if (setup.kind === "node") this.#prepareNode();
    process.on("uncaughtException", (error) =>
      this.#escaped("uncaughtException", error),
    );
    process.on("unhandledRejection", (reason, promise) =>
      setup.kind === "node"
        ? this.#escaped("unhandledRejection", reason)
        : this.#rejected(reason, promise),
    );
    this.#post({ kind: "ready" });
  }

  #post(message: FromWorker): void {
    this.#port.postMessage(message);
  }

  #receive(message: ToWorker): void {
    switch (message.kind) {
      case "load":
        return this.#loaded.add(message.deploymentId, message.components);
      case "unload":
        return this.#loaded.remove(message.deploymentId);
      case "run":
        return this.#start(message.job);
      case "reply":
        return this.#within(message.id, (action) => action.reply(message));
      case "describe":
        return void this.#describe(message);
      case "abort":
        return this.#within(message.id, (action) => action.abort());
      case "requestPart":
        return this.#within(message.id, ({ hooks }) =>
          hooks.requestPart?.(message.part),
        );
      case "responseTaken":
        return this.#within(message.id, ({ hooks }) => hooks.responseTaken?.());
      case "ping":
        return this.#post({ kind: "pong", id: message.id });
      default:
        return message satisfies never;
    }
  }

  #within(id: number, work: (action: RunningAction) => void): void {
    const action = this.#running.get(id);
    if (action === undefined) return;
    if (this.#setup.kind === "isolate") return work(action);
    setEntered(this.#setup.cells, id);
    this.#current.run(action, () => work(action));
  }

  #start(job: ActionJob): void {
    const action = new RunningAction(job, {
      post: (message) => this.#post(message),
      onEnd: () => this.#running.delete(job.id),
    });
    this.#running.set(job.id, action);
    try {
      if (this.#setup.kind === "isolate") this.#runIsolated(action);
      else this.#current.run(action, () => this.#runNode(action));
    } catch (error) {
      action.fail(asFunctionError(error));
    }
  }

  #runIsolated(action: RunningAction): void {
    const { job } = action;
    const isolates = this.#loaded.isolatesOf(job);
    const realm = isolates.take();
    this.#isolates.set(job.id, realm);
    action.hooks.ended = () =>
      process.nextTick(() => {
        this.#isolates.delete(job.id);
        isolates.giveBack(realm);
      });
    realm.begin({
      services: action,
      onEnter: () => setEntered(this.#setup.cells, job.id),
    });
    if (job.task.kind === "http") return serveHttp(action, realm, job.task);
    const { name, args } = job.task;
    const call = { module: job.module, name, args: [job.requestId, args] };
    realm.run(call, (settled) =>
      settled.ok
        ? action.succeed(settled.value)
        : action.fail(realm.error(settled.thrown)),
    );
  }

  #runNode(action: RunningAction): void {
    const { job } = action;
    setEntered(this.#setup.cells, job.id);
    if (job.task.kind === "http")
      throw new FunctionError("HTTP actions do not run in Node.js");
    const realm = this.#loaded.nodeRealm(job);
    setNodeEnv(job.env);
    const { name, args } = job.task;
    const call = { module: job.module, name, args: [job.requestId, args] };
    const running = realm.run(call, (settled) =>
      settled.ok
        ? action.succeed(settled.value)
        : action.fail(realm.error(settled.thrown)),
    );
    running.catch((error: unknown) => action.fail(asFunctionError(error)));
  }

  async #describe(
    message: Extract<ToWorker, { kind: "describe" }>,
  ): Promise<void> {
    const { id } = message;
    try {
      const realm = this.#loaded.nodeRealm(message);
      setNodeEnv(message.env);
      const functions = functionsOf(await realm.load(message.module));
      this.#post({ kind: "described", id, module: { functions } });
    } catch (error) {
      const data = asErrorData(asFunctionError(error));
      this.#post({ kind: "failed", id, error: data });
    }
  }

  #prepareNode(): void {
    installNodeGlobals({
      syscall: (op, args, settle, bytes) => {
        const action = this.#current.getStore();
        if (action !== undefined)
          return action.syscall(op, args, settle, bytes);
        const message =
          "Can't use Convex functions outside of a running action";
        settle({ ok: false, message });
      },
      log: (level, messages) => this.#current.getStore()?.log(level, messages),
    });
    this.#trapExit();
  }

  /** A promise of an action's realm that nobody handles fails that action. */
  #rejected(reason: unknown, promise: unknown): void {
    for (const [id, realm] of this.#isolates) {
      if (realm.owns(promise))
        this.#running.get(id)?.fail(realm.error(realm.describe(reason)));
    }
    this.#loaded.discardIsolate((realm) => realm.owns(promise));
  }

  /** An error outside every handler: it belongs to the action it was started by, or else to all of them. */
  #escaped(event: string, reason: unknown): void {
    const message = reason instanceof Error ? reason.message : String(reason);
    this.#failCurrent(`Uncaught ${event}: ${message}`);
  }

  #trapExit(): void {
    process.exit = (code?: number | string | null): never => {
      const status =
        code === undefined || code === null
          ? "no exit code"
          : `exit code ${code}`;
      this.#failCurrent(`Uncaught Error: process.exit() called with ${status}`);
      throw new Error(`process.exit() called with ${status}`);
    };
  }

  #failCurrent(text: string): void {
    const action = this.#current.getStore();
    const failed =
      action === undefined ? [...this.#running.values()] : [action];
    for (const each of failed) each.fail(new FunctionError(text));
    if (this.#setup.kind === "node") this.#post({ kind: "poisoned" });
  }
}

function setNodeEnv(env: ActionJob["env"]): void {
  for (const name of Object.keys(process.env))
    if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
}

function asFunctionError(error: unknown): FunctionError {
  if (error instanceof FunctionError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new FunctionError(`Uncaught Error: ${message}`);
}
