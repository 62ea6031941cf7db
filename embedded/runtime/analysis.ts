/** What a push's modules export: functions, HTTP routes and crons. */
import type { JSONValue } from "convex/values";
import { BackendError } from "../database/backend-error";
import { importServices } from "./deployment";
import { FunctionError } from "./errors";
import { functionsOf } from "./function-info";
import { routesOf } from "./http-routing";
import type { ModuleSet } from "./modules/compiled-module";
import type { ModuleExports } from "./modules/module-linker";
import type { Seed } from "./realm/realm-services";
import { TransactionRealm } from "./realm/transaction-realm";
import type { AnalyzedFunction, AnalyzedModule } from "./types";

export interface AnalysisOptions {
  modules: ModuleSet;
  env: { [name: string]: string };
  importPhase: { nowMs: number; seed: Seed };
  userTimeMs: number;
  describeNode: (module: string) => Promise<readonly AnalyzedFunction[]>;
}

type Crons = { isCrons?: boolean; export?: () => string };

/** Throws `InvalidModules` with the text of the first failure. */
export async function analyzeModules(
  options: AnalysisOptions,
): Promise<Record<string, AnalyzedModule>> {
  const analyzed: Record<string, AnalyzedModule> = {};
  const realm = new TransactionRealm({
    ...options,
    importEnv: (name) => options.env[name],
  });
  for (const module of options.modules.values()) {
    if (module.path.startsWith("_deps/") || module.path === "auth.config.js")
      continue;
    try {
      analyzed[module.path] =
        module.environment === "node"
          ? {
              ...NOTHING,
              functions: [...(await options.describeNode(module.path))],
            }
          : realm.inspect(
              module.path,
              importServices(options.importPhase),
              (exports) => analyze(module.path, exports),
            );
    } catch (error) {
      throw invalidModules(error, module.path);
    }
  }
  return analyzed;
}

const NOTHING: AnalyzedModule = {
  functions: [],
  httpRoutes: null,
  cronSpecs: null,
  sourceMapped: null,
};

function analyze(path: string, exports: ModuleExports): AnalyzedModule {
  const httpRoutes =
    path === "http.js"
      ? routesOf(exports["default"]).map((route) => ({ route, pos: null }))
      : null;
  const cronSpecs =
    path === "crons.js" ? cronSpecsOf(exports["default"]) : null;
  return {
    functions: functionsOf(exports),
    httpRoutes,
    cronSpecs,
    sourceMapped: null,
  };
}

function cronSpecsOf(
  value: unknown,
): { identifier: string; spec: JSONValue }[] {
  const crons = (value ?? {}) as Crons;
  if (crons.isCrons !== true || crons.export === undefined) {
    throw new Error(
      "The default export of `convex/crons.js` is not a Crons object.",
    );
  }
  const specs = JSON.parse(String(crons.export())) as {
    [identifier: string]: JSONValue;
  };
  return Object.entries(specs).map(([identifier, spec]) => ({
    identifier,
    spec,
  }));
}

function invalidModules(error: unknown, path: string): BackendError {
  const message =
    error instanceof FunctionError || error instanceof Error
      ? error.message
      : String(error);
  return new BackendError(
    "InvalidModules",
    `Loading the pushed modules encountered the following error:\nFailed to analyze ${path}: ${message}`,
  );
}
