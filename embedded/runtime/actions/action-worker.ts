/** The inside of a worker thread: loads deployments lazily and runs actions, many at a time. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { MessagePort } from "node:worker_threads";
import { functionsOf } from "../function-info";
import { FunctionError } from "../errors";
import type { CompiledModule } from "../modules/compiled-module";
import type { Reply, Settled } from "../realm/realm-host";
import { ActionRealm, type ActionServices } from "./action-realm";
import { runHttpJob } from "./http-job";
import type {
  ActionJob,
  ErrorData,
  FromWorker,
  StoredBytes,
  ToWorker,
  WorkerSetup,
} from "./worker-messages";

type LoadedDeployment = {
  modules: Map<string, CompiledModule[]>;
  realms: Map<string, ActionRealm>;
};
type RunningAction = {
  job: ActionJob;
  waiting: Map<number, (reply: Reply, bytes?: StoredBytes | null) => void>;
  aborted: AbortController;
};

export class ActionWorker implements ActionServices {
  readonly #setup: WorkerSetup;
  readonly #port: MessagePort;
  readonly #deployments = new Map<number, LoadedDeployment>();
  readonly #running = new Map<number, RunningAction>();
  readonly #current = new AsyncLocalStorage<RunningAction>();
  #nextTicket = 1;

  constructor(setup: WorkerSetup, port: MessagePort) {
    this.#setup = setup;
    this.#port = port;
    port.on("message", (message: ToWorker) => this.#receive(message));
    if (setup.kind === "node") this.#trapExit();
    process.on("uncaughtException", (error) =>
      this.#escaped("uncaughtException", error),
    );
    process.on("unhandledRejection", (reason) =>
      this.#escaped("unhandledRejection", reason),
    );
    this.#post({ kind: "ready" });
  }

  #post(message: FromWorker, transfer: ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer);
  }

  #receive(message: ToWorker): void {
    switch (message.kind) {
      case "load":
        this.#deployments.set(message.deploymentId, {
          modules: new Map(message.components),
          realms: new Map(),
        });
        return;
      case "unload":
        this.#deployments.delete(message.deploymentId);
        return;
      case "run":
        return this.#start(message.job);
      case "reply":
        return this.#reply(message);
      case "describe":
        return this.#describe(message);
      case "abort":
        this.#running.get(message.id)?.aborted.abort();
        this.#running.delete(message.id);
        return;
      case "ping":
        return this.#post({ kind: "pong", id: message.id });
      default:
        return message satisfies never;
    }
  }

  #realm(
    deploymentId: number,
    componentPath: string,
    env: ActionJob["env"],
  ): ActionRealm {
    const deployment = this.#deployments.get(deploymentId);
    const modules = deployment?.modules.get(componentPath);
    if (deployment === undefined || modules === undefined)
      throw new FunctionError("This deployment is no longer loaded");
    const known = deployment.realms.get(componentPath);
    const realm = known ?? new ActionRealm(this.#setup, modules, this);
    realm.setEnv(env);
    deployment.realms.set(componentPath, realm);
    return realm;
  }

  #start(job: ActionJob): void {
    const action: RunningAction = {
      job,
      waiting: new Map(),
      aborted: new AbortController(),
    };
    this.#running.set(job.id, action);
    this.#current.run(action, () => {
      try {
        this.#run(
          job,
          action,
          this.#realm(job.deploymentId, job.componentPath, job.env),
        );
      } catch (error) {
        this.#fail(job.id, asErrorData(error));
      }
    });
  }

  #run(job: ActionJob, action: RunningAction, realm: ActionRealm): void {
    const exports = realm.load(job.module);
    if (job.task.kind === "action") {
      const args = [job.requestId, job.task.args];
      realm.invoke(exports[job.task.name], "invokeAction", args, (settled) =>
        this.#settled(action, realm, settled),
      );
      return;
    }
    runHttpJob(job.task, {
      realm,
      router: exports["default"],
      signal: action.aborted.signal,
      post: (message) => {
        if (this.#running.has(job.id)) this.#post({ ...message, id: job.id });
      },
      settled: (settled) => this.#settled(action, realm, settled),
    });
  }

  #settled(
    { job, waiting }: RunningAction,
    realm: ActionRealm,
    settled: Settled,
  ): void {
    if (!settled.ok)
      return this.#fail(job.id, asErrorData(realm.error(settled.thrown)));
    if (!this.#running.has(job.id)) return;
    if (waiting.size > 0) this.#warnDangling(job.id, waiting.size);
    this.#running.delete(job.id);
    this.#post({ kind: "done", id: job.id, value: String(settled.value) });
  }

  #warnDangling(id: number, count: number): void {
    const text =
      `${count} unawaited operation${count === 1 ? "" : "s"}. Async operations should be awaited or they might not run. ` +
      `See https://docs.convex.dev/functions/actions#dangling-promises for more information.`;
    this.#post({ kind: "log", id, level: "WARN", messages: [text] });
  }

  #fail(id: number, error: ErrorData): void {
    if (this.#running.delete(id)) this.#post({ kind: "failed", id, error });
  }

  #describe(message: Extract<ToWorker, { kind: "describe" }>): void {
    try {
      const realm = this.#realm(
        message.deploymentId,
        message.componentPath,
        message.env,
      );
      const functions = functionsOf(realm.load(message.module));
      this.#post({ kind: "described", id: message.id, module: { functions } });
    } catch (error) {
      this.#post({ kind: "failed", id: message.id, error: asErrorData(error) });
    }
  }

  #reply({
    id,
    ticket,
    reply,
    bytes,
  }: Extract<ToWorker, { kind: "reply" }>): void {
    const action = this.#running.get(id);
    const settle = action?.waiting.get(ticket);
    action?.waiting.delete(ticket);
    if (action !== undefined && settle !== undefined)
      this.#current.run(action, () => settle(reply, bytes));
  }

  syscall(
    op: string,
    args: string,
    settle: (reply: Reply, bytes?: StoredBytes | null) => void,
    bytes?: StoredBytes,
  ): void {
    const action = this.#current.getStore();
    if (action === undefined) {
      settle({
        ok: false,
        message: "Can't use Convex functions outside of a running action",
      });
      return;
    }
    const ticket = this.#nextTicket++;
    action.waiting.set(ticket, settle);
    const message: FromWorker = {
      kind: "syscall",
      id: action.job.id,
      ticket,
      op,
      args,
    };
    this.#post(bytes === undefined ? message : { ...message, bytes });
  }

  log(level: string, messages: string[]): void {
    const action = this.#current.getStore();
    if (action !== undefined)
      this.#post({ kind: "log", id: action.job.id, level, messages });
  }

  /** An error outside every handler: it belongs to the action it was started by, or else to all of them. */
  #escaped(event: string, reason: unknown): void {
    const message = reason instanceof Error ? reason.message : String(reason);
    this.#failCurrent({ text: `Uncaught ${event}: ${message}`, frames: [] });
  }

  #trapExit(): void {
    process.exit = (code?: number | string | null): never => {
      const status =
        code === undefined || code === null
          ? "no exit code"
          : `exit code ${code}`;
      this.#failCurrent({
        text: `Uncaught Error: process.exit() called with ${status}`,
        frames: [],
      });
      throw new Error(`process.exit() called with ${status}`);
    };
  }

  #failCurrent(error: ErrorData): void {
    const action = this.#current.getStore();
    const ids =
      action === undefined ? [...this.#running.keys()] : [action.job.id];
    for (const id of ids) this.#fail(id, error);
    if (this.#setup.kind === "node") this.#post({ kind: "poisoned" });
  }
}

function asErrorData(error: unknown): ErrorData {
  if (!(error instanceof FunctionError)) {
    return {
      text: `Uncaught Error: ${error instanceof Error ? error.message : String(error)}`,
      frames: [],
    };
  }
  const { text, frames, data } = error;
  return data === undefined ? { text, frames } : { text, frames, data };
}
