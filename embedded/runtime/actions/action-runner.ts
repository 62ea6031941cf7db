/** Runs actions and HTTP actions in workers, with their log lines, limits and outcomes. */
import type { JSONValue } from "convex/values";
import type { Clock, Database, ComponentPath } from "../../database/types";
import type { Deployment } from "../deployment";
import { environmentOf } from "../execution";
import {
  checkArguments,
  checkEncoding,
  checkReturns,
  checkSize,
  type FunctionInfo,
  wrongType,
} from "../function-info";
import { LogBuffer } from "../log-lines";
import type { RuntimeLimits } from "../limits";
import type { ResolvedCall } from "../resolved-call";
import { failureOf } from "../transaction-runner";
import type {
  ActionLoad,
  ActionOutcome,
  Caller,
  EnvironmentLoad,
  LogEntry,
  UdfType,
} from "../types";
import { tableNames } from "../udf-runner";
import {
  type ActionHost,
  ActionSyscalls,
  type RunningCall,
} from "./action-syscalls";
import { Permits } from "./permits";
import type { JobHandlers } from "./job-handlers";
import type { ActionTask } from "./worker-messages";
import { WorkerPool } from "./worker-pool";
import type { LoadedModules } from "./worker-slot";

export interface ActionRunnerOptions {
  database: Database;
  clock: Clock;
  limits: RuntimeLimits;
  host: ActionHost;
  log: (entry: LogEntry) => void;
  componentEnv: (
    component: ComponentPath,
    all: { [name: string]: string },
  ) => { [name: string]: string };
}
export type CurrentDeployment = { deployment: Deployment; id: number };
export interface JobRequest {
  call: RunningCall;
  current: CurrentDeployment;
  environment: "isolate" | "node";
  task: ActionTask;
  logs: LogBuffer;
  entry: EntryHead;
  signal?: AbortSignal;
  http?: Pick<JobHandlers, "requestPart" | "responseHead" | "responseChunk">;
}
export type EntryHead = {
  udfType: UdfType;
  identifier: string;
  caller: Caller;
  environment: "isolate" | "node";
};

export class ActionRunner {
  readonly #options: ActionRunnerOptions;
  readonly #pools: { isolate: WorkerPool; node: WorkerPool };
  readonly #permits: { isolate: Permits; node: Permits; http: Permits };

  constructor(options: ActionRunnerOptions) {
    this.#options = options;
    const { limits } = options;
    this.#pools = {
      isolate: new WorkerPool({
        kind: "isolate",
        size: limits.isolateWorkers,
        timeoutMs: limits.isolateActionTimeMs,
        heapMegabytes: limits.isolateHeapMegabytes,
      }),
      node: new WorkerPool({
        kind: "node",
        size: 1,
        timeoutMs: limits.nodeActionTimeMs,
        heapMegabytes: limits.nodeHeapMegabytes,
      }),
    };
    this.#permits = {
      isolate: new Permits(limits.isolateActions, "action"),
      node: new Permits(limits.nodeActions, "Node.js action"),
      http: new Permits(limits.httpActions, "HTTP action"),
    };
  }

  load(): ActionLoad {
    const { isolate, node } = this.#permits;
    return {
      isolate: loadOf(this.#pools.isolate, isolate),
      node: loadOf(this.#pools.node, node),
    };
  }

  async run(
    call: ResolvedCall,
    info: FunctionInfo,
    current: CurrentDeployment,
  ): Promise<ActionOutcome> {
    const started = performance.now();
    const logs = this.newLogs();
    const { module, name } = call.target.path;
    const entry = {
      udfType: "Action",
      identifier: `${module.replace(/\.js$/, "")}:${name}`,
      caller: call.caller,
      environment: info.environment,
    } as const;
    try {
      const value = await this.#checked(call, info, { current, logs, entry });
      this.logCompletion(call.target.componentPath, entry, {
        logs,
        error: null,
        started,
        requestId: call.requestId,
      });
      return { kind: "ok", value, logLines: logs.forClient() };
    } catch (error) {
      this.logCompletion(call.target.componentPath, entry, {
        logs,
        error,
        started,
        requestId: call.requestId,
      });
      return failureOf(error, call.requestId, logs.forClient());
    }
  }

  async #checked(
    call: ResolvedCall,
    info: FunctionInfo,
    run: { current: CurrentDeployment; logs: LogBuffer; entry: EntryHead },
  ): Promise<JSONValue> {
    const { path, componentPath } = call.target;
    if (info.udfType !== "Action")
      throw wrongType(path, "Action", info.udfType);
    checkEncoding(call.args, path, { mayHaveCommitTs: false });
    checkSize(call.args, path, this.#options.limits.argumentBytes, "args");
    this.#withTables(componentPath, (tableNameOf) =>
      checkArguments(info, call.args, tableNameOf),
    );
    const text = await this.runJob({
      ...run,
      call: { ...call, scheduledFunctionId: call.scheduledFunctionId ?? null },
      environment: info.environment,
      task: {
        kind: "action",
        name: path.name,
        args: JSON.stringify([call.args]),
      },
    });
    const value = JSON.parse(text) as JSONValue;
    checkSize(value, path, this.#options.limits.argumentBytes, "returns");
    this.#withTables(componentPath, (tableNameOf) =>
      checkReturns(info, value, tableNameOf),
    );
    return value;
  }

  #withTables(
    component: ComponentPath,
    check: (tableNameOf: (number: number) => string | null) => void,
  ): void {
    this.#options.database.read((tx) => check(tableNames(tx, component)));
  }

  /** The JSON text that the action returned. */
  runJob(request: JobRequest): Promise<string> {
    const { call, current, environment, task, logs } = request;
    const { limits } = this.#options;
    const syscalls = new ActionSyscalls(this.#options.host, call);
    const { componentPath, path } = call.target;
    const job = {
      componentPath,
      module: path.module,
      env: this.env(componentPath),
      requestId: call.requestId,
      task,
    };
    const operations = new Permits(limits.actionOperations, "operation");
    const handlers: JobHandlers = {
      syscall: (op, args, bytes) =>
        operations.run(() => syscalls.perform(op, args, bytes), Infinity),
      log: (level, messages) => {
        const line = logs.add(level, messages);
        if (line !== null)
          this.#progress(componentPath, request.entry, {
            line,
            requestId: call.requestId,
          });
      },
      ...request.http,
    };
    return this.#inTurn(request, () =>
      this.#pools[environment].run(
        loadedModules(current),
        job,
        handlers,
        request.signal,
      ),
    );
  }

  /** What the scheduler starts waits as long as it takes. */
  #inTurn<T>(request: JobRequest, work: () => Promise<T>): Promise<T> {
    const { entry, environment, task } = request;
    const waitMs =
      entry.caller === "Scheduler"
        ? Infinity
        : this.#options.limits.actionWaitMs;
    const permitted = () => this.#permits[environment].run(work, waitMs);
    return task.kind === "http"
      ? this.#permits.http.run(permitted, waitMs)
      : permitted();
  }

  /** Node modules can be read only where they run. */
  async describeNodeModules(current: CurrentDeployment): Promise<void> {
    for (const [componentPath, component] of current.deployment.components) {
      for (const module of component.compiled.values()) {
        if (module.environment !== "node" || module.path.startsWith("_deps/"))
          continue;
        const functions = await this.describe(
          current,
          componentPath,
          module.path,
          this.env(componentPath),
        );
        current.deployment.setFunctions(componentPath, module.path, functions);
      }
    }
  }

  async describe(
    current: CurrentDeployment,
    componentPath: ComponentPath,
    module: string,
    env: { [name: string]: string },
  ): Promise<Parameters<Deployment["setFunctions"]>[2]> {
    const text = await this.#pools.node.describe(loadedModules(current), {
      componentPath,
      module,
      env,
    });
    return JSON.parse(text) as Parameters<Deployment["setFunctions"]>[2];
  }

  env(component: ComponentPath): { [name: string]: string } {
    const all = this.#options.database.read((tx) => environmentOf(tx)).value;
    return this.#options.componentEnv(component, all);
  }

  newLogs(): LogBuffer {
    return new LogBuffer(this.#options.limits, () => this.#options.clock.now());
  }

  /** Lines are streamed as they are written, so the completion has none. */
  logCompletion(
    componentPath: ComponentPath,
    entry: EntryHead,
    run: {
      logs: LogBuffer;
      error: unknown;
      started: number;
      requestId: string;
    },
  ): void {
    const error =
      run.error === null
        ? null
        : run.error instanceof Error
          ? run.error.message
          : String(run.error);
    const executionTimeMs = performance.now() - run.started;
    this.#emit(componentPath, entry, {
      kind: "Completion",
      lines: [],
      error,
      executionTimeMs,
      requestId: run.requestId,
    });
  }

  #progress(
    componentPath: ComponentPath,
    entry: EntryHead,
    run: { line: LogEntry["lines"][number]; requestId: string },
  ): void {
    const { line, requestId } = run;
    this.#emit(componentPath, entry, {
      kind: "Progress",
      lines: [line],
      error: null,
      executionTimeMs: 0,
      requestId,
    });
  }

  #emit(
    componentPath: ComponentPath,
    entry: EntryHead,
    run: Pick<
      LogEntry,
      "kind" | "lines" | "error" | "executionTimeMs" | "requestId"
    >,
  ): void {
    const timestampMs = this.#options.clock.now();
    this.#options.log({
      ...entry,
      ...run,
      componentPath: componentPath === "" ? null : componentPath,
      timestampMs,
    });
  }

  unload(deploymentId: number): void {
    this.#pools.isolate.unload(deploymentId);
    this.#pools.node.unload(deploymentId);
  }

  async close(): Promise<void> {
    await Promise.all([this.#pools.isolate.close(), this.#pools.node.close()]);
  }
}

function loadOf(pool: WorkerPool, permits: Permits): EnvironmentLoad {
  const { running, waiting } = permits;
  return { workers: pool.workers, running, waiting };
}

function loadedModules({ deployment, id }: CurrentDeployment): LoadedModules {
  const components = [...deployment.components].map(
    ([path, component]): LoadedModules["components"][number] => [
      path,
      [...component.compiled.values()],
    ],
  );
  return { id, components };
}
