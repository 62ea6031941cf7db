/** The composition of everything that executes functions: one object per backend. */
import { randomBytes } from "node:crypto";
import type { JSONValue } from "convex/values";
import type { Clock, ComponentPath, Database, Random } from "../database/types";
import { ActionRunner, type CurrentDeployment } from "./actions/action-runner";
import { analyzeModules } from "./analysis";
import { evaluateDefinition } from "./definitions";
import {
  createDeployment,
  Deployment,
  type DeploymentOptions,
} from "./deployment";
import { seedFrom } from "./execution";
import { FileStore } from "./files/file-store";
import type { StorageFiles } from "./files/storage-files";
import { parseFunctionPath } from "./function-path";
import { type HttpIdentity, runHttpAction } from "./http-actions";
import { HttpRouting } from "./http-routing";
import { INLINE_QUERY_PATH, withInlineQuery } from "./inline-query";
import { DEFAULT_LIMITS, type RuntimeLimits } from "./limits";
import { compileModules } from "./modules/compiled-module";
import { failureOf, TransactionRunner } from "./transaction-runner";
import type { ResolvedCall } from "./resolved-call";
import type * as types from "./types";
import { UdfRunner } from "./udf-runner";

export interface RuntimeOptions {
  database: Database;
  storageFiles: StorageFiles;
  origins: { cloudUrl: string; siteUrl: string };
  clock?: Clock;
  random?: Random;
  limits?: Partial<RuntimeLimits>;
  /** Secret and lasting, so that upload URLs outlive the process. */
  uploadTokenKey?: Uint8Array;
}

const SYSTEM_CLOCK: Clock = { now: () => Date.now() };
const SYSTEM_RANDOM: Random = { bytes: (length) => randomBytes(length) };

export function createRuntime(options: RuntimeOptions): types.Runtime {
  return new FunctionRuntime(options);
}

class FunctionRuntime implements types.Runtime {
  readonly files: FileStore;
  readonly #options: RuntimeOptions;
  readonly #limits: RuntimeLimits;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #transactions: TransactionRunner;
  readonly #actions: ActionRunner;
  readonly #listeners = new Set<(entry: types.LogEntry) => void>();
  #current: CurrentDeployment;
  #routing: HttpRouting;
  #nextDeploymentId = 1;

  constructor(options: RuntimeOptions) {
    this.#options = options;
    this.#limits = {
      ...DEFAULT_LIMITS,
      ...options.limits,
    };
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#random = options.random ?? SYSTEM_RANDOM;
    const importPhase = this.#importPhase();
    this.#current = {
      id: 0,
      deployment: new Deployment([], this.#deploymentOptions(importPhase)),
    };
    this.#routing = new HttpRouting(this.#current.deployment, importPhase);
    this.files = this.#createFiles();
    const current = () => this.#current.deployment;
    const udfs = this.#createUdfRunner(current);
    this.#transactions = this.#createTransactionRunner(udfs, current);
    this.#actions = this.#createActionRunner(udfs);
  }

  #createFiles(): FileStore {
    const { database, storageFiles, origins, uploadTokenKey } = this.#options;
    return new FileStore({
      ...(uploadTokenKey === undefined ? {} : { tokenKey: uploadTokenKey }),
      database,
      files: storageFiles,
      clock: this.#clock,
      random: this.#random,
      cloudUrl: origins.cloudUrl,
    });
  }

  #createUdfRunner(deployment: () => Deployment): UdfRunner {
    return new UdfRunner({
      deployment,
      files: this.files,
      limits: this.#limits,
      componentEnv: (component, all) => this.#componentEnv(component, all),
    });
  }

  #createTransactionRunner(
    udfs: UdfRunner,
    deployment: () => Deployment,
  ): TransactionRunner {
    return new TransactionRunner({
      database: this.#options.database,
      deployment,
      udfs,
      clock: this.#clock,
      random: this.#random,
      limits: this.#limits,
      log: (entry) => this.#log(entry),
    });
  }

  #createActionRunner(udfs: UdfRunner): ActionRunner {
    const { database } = this.#options;
    const common = { database, clock: this.#clock };
    const host = {
      ...common,
      files: this.files,
      udfs,
      childOf: (parent: string, name: string) =>
        this.#current.deployment.childOf(parent, name),
      call: (kind: "Query" | "Mutation" | "Action", call: ResolvedCall) =>
        this.#callAs(kind, call),
    };
    return new ActionRunner({
      ...common,
      host,
      limits: this.#limits,
      log: (entry) => this.#log(entry),
      componentEnv: (component, all) => this.#componentEnv(component, all),
    });
  }

  runQuery(call: types.FunctionCall): types.QueryOutcome {
    return this.#transactions.runQuery(resolved(call));
  }

  runQueries(
    calls: readonly types.FunctionCall[],
    until: number,
  ): types.QueryOutcome[] {
    return this.#transactions.runQueries(calls.map(resolved), until);
  }

  async runInlineQuery(
    call: Omit<types.FunctionCall, "path">,
    source: string,
  ): Promise<types.QueryOutcome> {
    const deployment = await withInlineQuery(
      this.#current.deployment,
      call.componentPath,
      source,
    );
    const udfs = this.#createUdfRunner(() => deployment);
    return this.#createTransactionRunner(udfs, () => deployment).runQuery(
      resolved({ ...call, path: INLINE_QUERY_PATH }),
    );
  }

  runMutation(call: types.FunctionCall): Promise<types.MutationOutcome> {
    return this.#transactions.runMutation(resolved(call));
  }

  runAction(call: types.FunctionCall): Promise<types.ActionOutcome> {
    return this.#runAction(resolved(call));
  }

  async runAny(call: types.FunctionCall): Promise<types.ActionOutcome> {
    const target = resolved(call);
    try {
      return await this.#callAs(
        this.#transactions.find(target).udfType,
        target,
      );
    } catch (error) {
      return failureOf(error, call.requestId, []);
    }
  }

  #callAs(
    kind: "Query" | "Mutation" | "Action",
    call: ResolvedCall,
  ): Promise<types.ActionOutcome> {
    if (kind === "Query")
      return Promise.resolve(this.#transactions.runQuery(call));
    return kind === "Mutation"
      ? this.#transactions.runMutation(call)
      : this.#runAction(call);
  }

  async #runAction(call: ResolvedCall): Promise<types.ActionOutcome> {
    try {
      return await this.#actions.run(
        call,
        this.#transactions.find(call),
        this.#current,
      );
    } catch (error) {
      return failureOf(error, call.requestId, []);
    }
  }

  runHttpAction(
    request: Request,
    identity: HttpIdentity,
    origin?: types.RequestOrigin,
  ): Promise<Response> {
    return runHttpAction(request, identity, {
      ...(origin === undefined ? {} : { origin }),
      runner: this.#actions,
      routing: this.#routing,
      current: this.#current,
      requestId: Buffer.from(this.#random.bytes(8)).toString("hex"),
      bodyLimit: this.#limits.httpBodyBytes,
    });
  }

  evaluateDefinition(
    request: Parameters<types.Runtime["evaluateDefinition"]>[0],
  ): JSONValue {
    const env = { ...request.env, ...this.#originEnv() };
    return evaluateDefinition(
      { ...request, env },
      { importPhase: this.#importPhase(), userTimeMs: this.#limits.userTimeMs },
    );
  }

  async analyze(
    modules: types.PushedModule[],
    env: Record<string, string>,
  ): Promise<Record<string, types.AnalyzedModule>> {
    const component = { ...UNMOUNTED, modules };
    const importPhase = this.#importPhase();
    const deployment = await createDeployment(
      [component],
      this.#deploymentOptions(importPhase),
    );
    const current = { deployment, id: this.#nextDeploymentId++ };
    const allEnv = { ...env, ...this.#originEnv() };
    try {
      return await analyzeModules({
        modules: await compileModules(modules),
        env: allEnv,
        importPhase,
        userTimeMs: this.#limits.userTimeMs,
        describeNode: (module) =>
          this.#actions.describe(current, "", module, allEnv),
      });
    } finally {
      this.#actions.unload(current.id);
    }
  }

  async load(components: types.LoadedComponent[]): Promise<void> {
    const swapIn = await this.prepare(components);
    swapIn();
  }

  async prepare(components: types.LoadedComponent[]): Promise<() => void> {
    const importPhase = this.#importPhase();
    const deployment = await createDeployment(
      components,
      this.#deploymentOptions(importPhase),
    );
    const next = { deployment, id: this.#nextDeploymentId++ };
    await this.#actions.describeNodeModules(next);
    const routing = new HttpRouting(deployment, importPhase);
    return () => {
      const previous = this.#current;
      this.#current = next;
      this.#routing = routing;
      this.#actions.unload(previous.id);
    };
  }

  components(): ComponentPath[] {
    return [...this.#current.deployment.components.keys()];
  }

  udfTypeOf(
    componentPath: ComponentPath,
    path: string,
  ): "Query" | "Mutation" | "Action" | null {
    try {
      return (
        this.#current.deployment.find(componentPath, parseFunctionPath(path), 0)
          ?.udfType ?? null
      );
    } catch {
      return null;
    }
  }

  onLog(listener: (entry: types.LogEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get waitingMutations(): number {
    return this.#transactions.waitingMutations;
  }

  actionLoad(): types.ActionLoad {
    return this.#actions.load();
  }

  close(): Promise<void> {
    return this.#actions.close();
  }

  #log(entry: types.LogEntry): void {
    for (const listener of this.#listeners) listener(entry);
  }

  #componentEnv(
    component: ComponentPath,
    all: { [name: string]: string },
  ): { [name: string]: string } {
    const env =
      this.#current.deployment.components.get(component)?.env ?? "all";
    return { ...(env === "all" ? all : env), ...this.#originEnv() };
  }

  #originEnv(): { [name: string]: string } {
    const { cloudUrl, siteUrl } = this.#options.origins;
    return { CONVEX_CLOUD_URL: cloudUrl, CONVEX_SITE_URL: siteUrl };
  }

  #importPhase(): DeploymentOptions["importPhase"] {
    return {
      nowMs: Math.floor(this.#clock.now()),
      seed: seedFrom(this.#random.bytes(16)),
    };
  }

  /** Modules may read variables when they are imported; then everything depends on them. */
  #deploymentOptions(
    importPhase: DeploymentOptions["importPhase"],
  ): DeploymentOptions {
    return {
      importPhase,
      importEnv: (component, name) => this.#actions.env(component)[name],
      userTimeMs: this.#limits.userTimeMs,
    };
  }
}

const UNMOUNTED: types.LoadedComponent = {
  componentPath: "",
  definitionPath: "",
  modules: [],
  schema: null,
  children: {},
  httpMounts: {},
  env: "all",
};

function resolved(call: types.FunctionCall): ResolvedCall {
  const { path, componentPath, ...rest } = call;
  return { ...rest, target: { componentPath, path: parseFunctionPath(path) } };
}
