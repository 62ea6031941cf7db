import { randomUUID } from "node:crypto";
import type { JSONValue } from "convex/values";
import { z } from "zod";
import { providerToJson, type AuthProvider } from "../auth/auth-provider";
import { BackendError } from "../database/backend-error";
import type { Database } from "../database/types";
import type { LoadedComponent } from "../runtime/types";
import { applyPush, NO_DIFF } from "./apply-push";
import {
  checkedComponent,
  mountComponents,
  type MountedComponent,
} from "./component-tree";
import {
  loadedComponent,
  readAppConfig,
  readEnvironment,
  readModules,
  type AppConfig,
  type StoredModule,
} from "./deployment-store";
import { requireDeclaredVariables } from "./declared-variables";
import type { Environment } from "./environment-variables";
import {
  evaluateDefinitions,
  evaluatePush,
  type EvaluatedPush,
  type Evaluator,
} from "./evaluate-push";
import { indexDiff } from "./index-diff";
import { parseBody } from "./parse-body";
import { analysisJson } from "./push-analysis";
import type { PushRequest } from "./push-request";
import { evaluateSchemaChange } from "./schema-evaluation";

/** Pushes that were started and not finished; a start without a finish (`codegen`) is forgotten after a few more. */
const MAX_PENDING = 4;

type PendingPush = {
  request: PushRequest;
  push: EvaluatedPush;
  mounted: MountedComponent[];
  environment: Environment;
};

const vSchemaChange = z.object({ schemaIds: z.object({ push: z.string() }) });
const vStartPushEcho = z.object({ schemaChange: vSchemaChange });

type Options = {
  database: Database;
  evaluator: Evaluator;
  nowMs: () => number;
  randomBytes: (size: number) => Uint8Array;
  /** Makes ready what will be committed; what it resolves with swaps it in. */
  prepare: (next: {
    components: LoadedComponent[];
    providers: AuthProvider[];
  }) => Promise<() => void>;
};

/** The push protocol: `start` evaluates, `waitForSchema` validates, `finish` switches everything in one commit. */
export class Pushes {
  readonly #options: Options;
  readonly #pending = new Map<string, PendingPush>();

  constructor(options: Options) {
    this.#options = options;
  }

  configHashes(): JSONValue {
    const { config, modules } = this.#deployed();
    return {
      config: { functions: config?.functions ?? "convex/" },
      moduleHashes: modules.map(({ path, sha256, environment }) => ({
        path,
        hash: sha256,
        environment,
      })),
      udfServerVersion: config?.udfServerVersion ?? null,
      nodeVersion: null,
    };
  }

  /** No visible effect: nothing is written until `finish`. */
  async start(request: PushRequest): Promise<JSONValue> {
    const { environment, modules } = this.#deployed();
    const push = await evaluatePush(request, {
      evaluator: this.#options.evaluator,
      environment,
      deployedModules: modules,
    });
    const mounted = mountComponents(push);
    const id = this.#remember({ request, push, mounted, environment });
    return {
      environmentVariables: environment,
      externalDepsId: null,
      componentDefinitionPackages: Object.fromEntries(
        [...push.definitions.keys()].map((path) => [path, {}]),
      ),
      appAuth: push.providers.map(providerToJson),
      analysis: analysisJson(push, {
        seed: this.#options.randomBytes(32),
        nowMs: this.#options.nowMs(),
      }),
      app: checkedComponent(mounted),
      schemaChange: this.#schemaChange(id, mounted),
    };
  }

  /** Like `start`, but keeps nothing. */
  async evaluate(request: PushRequest): Promise<JSONValue> {
    const { environment, modules } = this.#deployed();
    const { evaluator } = this.#options;
    const push = await evaluatePush(request, {
      evaluator,
      environment,
      deployedModules: modules,
    });
    return { schemaChange: this.#schemaChange("", mountComponents(push)) };
  }

  /** Advisory: what a push would do to schemas and indexes, and how large their tables are. */
  evaluateSchema(request: PushRequest): JSONValue {
    const { environment, modules } = this.#deployed();
    const { evaluator, database } = this.#options;
    const push = evaluateDefinitions(request, {
      evaluator,
      environment,
      deployedModules: modules,
    });
    return evaluateSchemaChange(database, mountComponents(push));
  }

  /** Validation is immediate here, so the answer is always final. */
  waitForSchema(body: unknown): JSONValue {
    const { schemaChange } = parseBody(
      z.object({ schemaChange: vSchemaChange }),
      body,
    );
    const { mounted } = this.#take(schemaChange.schemaIds.push);
    const failure = this.#invalidSchema(mounted);
    return failure === null
      ? { type: "complete" }
      : { type: "failed", ...failure };
  }

  async finish(body: unknown): Promise<JSONValue> {
    const { startPush, dryRun } = parseBody(
      z.object({
        startPush: vStartPushEcho,
        dryRun: z.boolean().default(false),
      }),
      body,
    );
    const id = startPush.schemaChange.schemaIds.push;
    const pending = this.#take(id);
    if (dryRun) return NO_DIFF;
    requireDeclaredVariables(pending.mounted, pending.environment);
    this.#requireFit(pending);
    const swapIn = await this.#options.prepare(loadedAfter(pending));
    return this.#switch(id, pending, swapIn);
  }

  /** Nothing runs between the commit and the swap: no code meets a schema that it was not pushed with. */
  async #switch(
    id: string,
    pending: PendingPush,
    swapIn: () => void,
  ): Promise<JSONValue> {
    this.#requireFit(pending);
    const { database } = this.#options;
    const stop = database.onCommit(({ tags }) => {
      if (tags.has("code")) swapIn();
    });
    const { push, mounted, request } = pending;
    const config = {
      functions: request.functions,
      udfServerVersion: request.appDefinition.udfServerVersion,
      providers: push.providers,
    };
    const services = { database, nowMs: this.#options.nowMs() };
    const written = database.write((tx) =>
      applyPush(tx, { config, mounted }, services),
    );
    database.flush();
    stop();
    const { value } = await written;
    this.#pending.delete(id);
    return value;
  }

  /** Variables and documents may have changed since the push was started. */
  #requireFit(pending: PendingPush): void {
    this.#requireSameEnvironment(pending);
    const failure = this.#invalidSchema(pending.mounted);
    if (failure !== null)
      throw new BackendError("SchemaValidationFailed", failure.error);
  }

  #deployed(): {
    config: AppConfig | null;
    environment: Environment;
    modules: StoredModule[];
  } {
    return this.#options.database.read((tx) => ({
      config: readAppConfig(tx),
      environment: readEnvironment(tx),
      modules: readModules(tx, "").get("") ?? [],
    })).value;
  }

  #remember(pending: PendingPush): string {
    const id = randomUUID();
    this.#pending.set(id, pending);
    for (const oldest of [...this.#pending.keys()].slice(0, -MAX_PENDING))
      this.#pending.delete(oldest);
    return id;
  }

  #take(id: string): PendingPush {
    const pending = this.#pending.get(id);
    if (pending !== undefined) return pending;
    throw new BackendError(
      "RaceDetected",
      "Another push replaced this one, or the backend was restarted; push again",
    );
  }

  #requireSameEnvironment(pending: PendingPush): void {
    const { environment } = this.#deployed();
    if (sortedText(environment) === sortedText(pending.environment)) return;
    throw new BackendError(
      "RaceDetected",
      "Environment variables changed while pushing; push again",
    );
  }

  #schemaChange(id: string, mounted: readonly MountedComponent[]): JSONValue {
    const { database } = this.#options;
    const indexDiffs = mounted.map(({ componentPath, evaluated }) => [
      componentPath,
      indexDiff(database.schemaOf(componentPath), evaluated.schema),
    ]);
    return {
      allocatedComponentIds: {},
      schemaIds: { push: id },
      indexDiffs: Object.fromEntries(indexDiffs) as {
        [path: string]: JSONValue;
      },
    };
  }

  #invalidSchema(mounted: readonly MountedComponent[]) {
    for (const { componentPath, evaluated } of mounted) {
      if (evaluated.schema === null) continue;
      const failure = this.#options.database.validateSchema(
        componentPath,
        evaluated.schema,
      );
      if (failure !== null)
        return {
          error: failure.error,
          componentPath,
          tableName: failure.table,
        };
    }
    return null;
  }
}

function loadedAfter({ push, mounted, environment }: PendingPush) {
  const components = mounted.map((component) =>
    loadedComponent(component, {
      modules: component.evaluated.modules,
      environment,
    }),
  );
  return { components, providers: push.providers };
}

function sortedText(environment: Environment): string {
  return JSON.stringify(
    Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
