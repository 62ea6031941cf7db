/**
 * What is deployed, in system tables of the app: one row of `_components` per mounted component, its modules in
 * `_modules`, the rest in `_config`. Only pushes and changes of the environment write here.
 */
import { createHash } from "node:crypto";
import type { JSONValue } from "convex/values";
import { parseAuthConfig, type AuthProvider } from "../auth/auth-provider";
import type {
  ComponentPath,
  DocumentJson,
  Transaction,
} from "../database/types";
import type {
  AnalyzedModule,
  LoadedComponent,
  PushedModule,
} from "../runtime/types";
import type { Environment } from "./environment-variables";

export type EnvBindings = [
  string,
  { type: "value"; value: string } | { type: "envVar"; name: string },
][];

/** A component as stored: bindings are resolved against the environment when it is loaded. */
export type StoredComponent = {
  componentPath: ComponentPath;
  definitionPath: string;
  children: { [name: string]: ComponentPath };
  httpMounts: { [prefix: string]: string };
  httpPrefix: string | null;
  /** Null for the app, which sees all variables. */
  env: EnvBindings | null;
  isMounted: boolean;
};

export type StoredModule = PushedModule & {
  sha256: string;
  analysis: AnalyzedModule | null;
};

export type AppConfig = {
  functions: string;
  udfServerVersion: string;
  providers: AuthProvider[];
};

const MODULES = "_modules";
const COMPONENTS = "_components";
const VARIABLES = "_environment_variables";
const CONFIG = "_config";

/** Hash by which the command line recognises a module it need not send again. */
export function moduleHash(module: PushedModule): string {
  return createHash("sha256")
    .update(module.source)
    .update(module.sourceMap ?? "")
    .digest("hex");
}

export function readEnvironment(tx: Transaction): Environment {
  return Object.fromEntries(
    rows(tx, VARIABLES).map((row) => [
      String(row["name"]),
      String(row["value"]),
    ]),
  );
}

export function writeEnvironment(
  tx: Transaction,
  environment: Environment,
): void {
  const left = new Map(Object.entries(environment));
  for (const row of rows(tx, VARIABLES)) {
    const name = String(row["name"]);
    const value = left.get(name);
    left.delete(name);
    if (value === undefined)
      tx.system.remove("", VARIABLES, String(row["_id"]));
    else if (value !== row["value"])
      tx.system.replace("", VARIABLES, String(row["_id"]), { name, value });
  }
  for (const [name, value] of left)
    tx.system.insert("", VARIABLES, { name, value });
  tx.touch("env");
}

export function readAppConfig(tx: Transaction): AppConfig | null {
  const row = rows(tx, CONFIG).find((candidate) => candidate["name"] === "app");
  if (row === undefined) return null;
  const stored = JSON.parse(String(row["value"])) as Omit<
    AppConfig,
    "providers"
  > & { providers: JSONValue };
  return {
    ...stored,
    providers: parseAuthConfig({ providers: stored.providers }),
  };
}

export function writeAppConfig(tx: Transaction, config: AppConfig): void {
  replaceRow(
    tx,
    CONFIG,
    { name: "app", value: JSON.stringify(config) },
    (row) => row["name"] === "app",
  );
}

export function readComponents(tx: Transaction): StoredComponent[] {
  return rows(tx, COMPONENTS).map(
    (row) => JSON.parse(String(row["value"])) as StoredComponent,
  );
}

export function writeComponent(
  tx: Transaction,
  component: StoredComponent,
): void {
  const { componentPath } = component;
  const value = { componentPath, value: JSON.stringify(component) };
  replaceRow(
    tx,
    COMPONENTS,
    value,
    (row) => row["componentPath"] === componentPath,
  );
}

/** Without a component path: of all. */
export function readModules(
  tx: Transaction,
  componentPath?: ComponentPath,
): Map<ComponentPath, StoredModule[]> {
  const byComponent = new Map<ComponentPath, StoredModule[]>();
  for (const row of rows(tx, MODULES)) {
    const path = String(row["componentPath"]);
    if (componentPath !== undefined && componentPath !== path) continue;
    const modules = byComponent.get(path) ?? [];
    modules.push(toModule(row));
    byComponent.set(path, modules);
  }
  return byComponent;
}

/** Rows of unchanged modules are left alone. */
export function writeModules(
  tx: Transaction,
  componentPath: ComponentPath,
  modules: readonly StoredModule[],
): void {
  const left = new Map(modules.map((module) => [module.path, module]));
  for (const row of rows(tx, MODULES)) {
    if (row["componentPath"] !== componentPath) continue;
    const next = left.get(String(row["path"]));
    const document = next === undefined ? null : moduleRow(componentPath, next);
    const id = String(row["_id"]);
    if (document === null) tx.system.remove("", MODULES, id);
    else if (!isSameModule(row, document))
      tx.system.replace("", MODULES, id, document);
    left.delete(String(row["path"]));
  }
  for (const module of left.values())
    tx.system.insert("", MODULES, moduleRow(componentPath, module));
}

export function loadedComponents(tx: Transaction): LoadedComponent[] {
  const environment = readEnvironment(tx);
  const modules = readModules(tx);
  return readComponents(tx)
    .filter((component) => component.isMounted)
    .map((component) =>
      loadedComponent(component, {
        modules: modules.get(component.componentPath) ?? [],
        environment,
      }),
    );
}

export function loadedComponent(
  component: StoredComponent,
  has: { modules: readonly StoredModule[]; environment: Environment },
): LoadedComponent {
  const { componentPath, definitionPath, httpPrefix, env } = component;
  return {
    componentPath,
    definitionPath,
    modules: has.modules.map(pushedModule),
    schema: null,
    children: component.children,
    httpMounts: component.httpMounts,
    ...(httpPrefix === null ? {} : { httpPrefix }),
    env: env === null ? "all" : boundEnvironment(env, has.environment),
  };
}

/** A variable that is not set stays undefined. */
function boundEnvironment(
  bindings: EnvBindings,
  environment: Environment,
): Environment {
  const bound: Environment = {};
  for (const [name, binding] of bindings) {
    const value =
      binding.type === "value" ? binding.value : environment[binding.name];
    if (value !== undefined) bound[name] = value;
  }
  return bound;
}

/** Without what only the store needs. */
export function pushedModule({
  path,
  source,
  sourceMap,
  environment,
}: StoredModule): PushedModule {
  return {
    path,
    source,
    environment,
    ...(sourceMap === undefined ? {} : { sourceMap }),
  };
}

function moduleRow(
  componentPath: ComponentPath,
  module: StoredModule,
): DocumentJson {
  const { path, source, environment, sha256 } = module;
  const analysis = JSON.stringify(module.analysis);
  return {
    componentPath,
    path,
    source,
    sourceMap: module.sourceMap ?? null,
    environment,
    sha256,
    analysis,
  };
}

function isSameModule(row: DocumentJson, next: DocumentJson): boolean {
  return ["sha256", "environment", "analysis"].every(
    (field) => row[field] === next[field],
  );
}

function toModule(row: DocumentJson): StoredModule {
  const sourceMap = row["sourceMap"];
  return {
    path: String(row["path"]),
    source: String(row["source"]),
    ...(typeof sourceMap === "string" ? { sourceMap } : {}),
    environment: row["environment"] === "node" ? "node" : "isolate",
    sha256: String(row["sha256"]),
    analysis: JSON.parse(String(row["analysis"])) as AnalyzedModule | null,
  };
}

function replaceRow(
  tx: Transaction,
  table: string,
  value: DocumentJson,
  isRow: (row: DocumentJson) => boolean,
): void {
  const existing = rows(tx, table).find(isRow);
  if (existing === undefined) tx.system.insert("", table, value);
  else tx.system.replace("", table, String(existing["_id"]), value);
}

export function rows(
  tx: Transaction,
  table: string,
  component: ComponentPath = "",
): DocumentJson[] {
  const source = { type: "FullTableScan", tableName: table, order: "asc" };
  const stream = tx.system.query(component, { source, operators: [] });
  const found: DocumentJson[] = [];
  for (let row = stream.next(); row !== null; row = stream.next())
    found.push(row);
  return found;
}
