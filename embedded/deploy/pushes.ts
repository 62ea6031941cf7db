import { randomUUID } from "node:crypto";
import { convexToJson, type JSONValue } from "convex/values";
import { z } from "zod";
import { providerToJson, type AuthProvider } from "../auth/auth-provider";
import { BackendError } from "../database/backend-error";
import type {
  ComponentPath,
  Database,
  SchemaJson,
  Transaction,
} from "../database/types";
import type { LoadedComponent } from "../runtime/types";
import { replaceCrons, type CronDiff } from "../scheduler/cron-rows";
import {
  checkedComponent,
  mountComponents,
  type MountedComponent,
} from "./component-tree";
import {
  loadedComponent,
  readAppConfig,
  readComponents,
  readEnvironment,
  readModules,
  writeAppConfig,
  writeComponent,
  writeModules,
  type AppConfig,
  type StoredComponent,
  type StoredModule,
} from "./deployment-store";
import { requireDeclaredVariables } from "./declared-variables";
import type { Environment } from "./environment-variables";
import {
  evaluatePush,
  evaluateSchemas,
  type EvaluatedPush,
  type Evaluator,
} from "./evaluate-push";
import { indexDiff, type IndexDiff } from "./index-diff";
import { parseBody } from "./parse-body";
import type { PushRequest } from "./push-request";

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
      analysis: this.#analysis(push),
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

  /** Advisory: which indexes a push would change, and how large their tables are. */
  evaluateSchema(request: PushRequest): JSONValue {
    const schemas = evaluateSchemas(request, {
      evaluator: this.#options.evaluator,
      deployedModules: this.#deployed().modules,
    });
    const schema = schemas.get("") ?? null;
    const evaluation = this.#schemaEvaluation("", "", schema);
    return {
      componentSchemaEvaluations: { "": evaluation },
      newComponentDefinitions: [],
    };
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
    if (dryRun) return emptyDiff();
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
    const written = database.write((tx) => this.#apply(tx, pending));
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

  #analysis(push: EvaluatedPush): JSONValue {
    const seed = convexToJson(
      new Uint8Array(this.#options.randomBytes(32)).buffer,
    );
    const importedAt = convexToJson(
      BigInt(Math.floor(this.#options.nowMs())) * 1_000_000n,
    );
    const entries = [...push.definitions].map(([path, evaluated]) => {
      const { definition, schema, functions, udfServerVersion } = evaluated;
      const udfConfig = {
        serverVersion: udfServerVersion,
        importPhaseRngSeed: seed,
        importPhaseUnixTimestamp: importedAt,
      };
      return [path, { definition, schema, functions, udfConfig }];
    });
    return JSON.parse(JSON.stringify(Object.fromEntries(entries))) as JSONValue;
  }

  #schemaChange(id: string, mounted: readonly MountedComponent[]): JSONValue {
    const indexDiffs = mounted.map(({ componentPath, evaluated }) => [
      componentPath,
      this.#indexDiff(componentPath, evaluated.schema),
    ]);
    return {
      allocatedComponentIds: {},
      schemaIds: { push: id },
      indexDiffs: Object.fromEntries(indexDiffs) as {
        [path: string]: JSONValue;
      },
    };
  }

  #indexDiff(component: ComponentPath, schema: SchemaJson | null): IndexDiff {
    return indexDiff(this.#options.database.schemaOf(component), schema);
  }

  #schemaEvaluation(
    component: ComponentPath,
    definitionPath: string,
    schema: SchemaJson | null,
  ): JSONValue {
    const diff = this.#indexDiff(component, schema);
    const counts = this.#countsOf(component);
    const changes = [
      ...diff.added_indexes.map((index) => ({
        ...index,
        change: "added",
        needsBackfill: true,
      })),
      ...diff.removed_indexes.map((index) => ({
        ...index,
        change: "dropped",
        needsBackfill: false,
      })),
      ...diff.enabled_indexes.map((index) => ({
        ...index,
        change: "enabled",
        needsBackfill: false,
      })),
      ...diff.disabled_indexes.map((index) => ({
        ...index,
        change: "disabled",
        needsBackfill: false,
      })),
    ];
    return {
      definitionPath,
      schemaValidation: schema?.schemaValidation ?? false,
      tables: [],
      indexes: changes.map((index) => ({
        ...index,
        numDocs: counts(index.name.split(".")[0] ?? ""),
      })),
    };
  }

  #countsOf(component: ComponentPath): (table: string) => number {
    return (table) =>
      this.#options.database.tables(component).includes(table)
        ? this.#options.database.read((tx) => tx.count(component, table)).value
        : 0;
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

  #apply(tx: Transaction, pending: PendingPush): JSONValue {
    const { mounted, push, request } = pending;
    const before = new Map(
      readComponents(tx).map((component) => [
        component.componentPath,
        component,
      ]),
    );
    const previousConfig = readAppConfig(tx);
    const diffs = mounted.map((component) => [
      component.componentPath,
      this.#applyOne(tx, component, before),
    ]);
    for (const component of before.values()) {
      const isGone = !mounted.some(
        ({ componentPath }) => componentPath === component.componentPath,
      );
      if (isGone) this.#unmount(tx, component);
    }
    const udfServerVersion = request.appDefinition.udfServerVersion;
    writeAppConfig(tx, {
      functions: request.functions,
      udfServerVersion,
      providers: push.providers,
    });
    this.#options.database.applySchemas(
      new Map(
        mounted.map(({ componentPath, evaluated }) => [
          componentPath,
          evaluated.schema,
        ]),
      ),
    );
    tx.touch("code");
    return {
      authDiff: authDiff(previousConfig, push),
      definitionDiffs: {},
      componentDiffs: Object.fromEntries(diffs) as {
        [path: string]: JSONValue;
      },
    };
  }

  #applyOne(
    tx: Transaction,
    component: MountedComponent,
    before: ReadonlyMap<ComponentPath, StoredComponent>,
  ): JSONValue {
    const { evaluated, ...stored } = component;
    const { componentPath } = stored;
    const previous = before.get(componentPath);
    const oldModules = (
      readModules(tx, componentPath).get(componentPath) ?? []
    ).map(({ path }) => path);
    const newModules = evaluated.modules.map(({ path }) => path);
    writeComponent(tx, stored);
    writeModules(tx, componentPath, evaluated.modules);
    const crons = evaluated.functions["crons.js"]?.cronSpecs ?? [];
    const cronDiff: CronDiff = replaceCrons(
      tx,
      componentPath,
      crons,
      this.#options.nowMs(),
    );
    const type =
      previous === undefined
        ? "create"
        : previous.isMounted
          ? "modify"
          : "remount";
    return {
      diffType: { type },
      moduleDiff: {
        added: without(newModules, oldModules),
        removed: without(oldModules, newModules),
      },
      udfConfigDiff: null,
      cronDiff,
      indexDiff: this.#indexDiff(componentPath, evaluated.schema),
      schemaDiff: null,
    };
  }

  /** Its data stays; its code and crons go. */
  #unmount(tx: Transaction, component: StoredComponent): void {
    writeComponent(tx, { ...component, isMounted: false });
    writeModules(tx, component.componentPath, []);
    replaceCrons(tx, component.componentPath, [], this.#options.nowMs());
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

function without(
  values: readonly string[],
  others: readonly string[],
): string[] {
  const known = new Set(others);
  return values.filter((value) => !known.has(value));
}

function sortedText(environment: Environment): string {
  return JSON.stringify(
    Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function authDiff(previous: AppConfig | null, push: EvaluatedPush): JSONValue {
  const texts = (providers: AppConfig["providers"]) =>
    providers.map((provider) => JSON.stringify(provider));
  const before = texts(previous?.providers ?? []);
  const after = texts(push.providers);
  return { added: without(after, before), removed: without(before, after) };
}

function emptyDiff(): JSONValue {
  return {
    authDiff: { added: [], removed: [] },
    definitionDiffs: {},
    componentDiffs: {},
  };
}
