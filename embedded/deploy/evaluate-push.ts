/** Evaluates what was sent: definitions, schemas, functions and auth config of every component. Writes nothing. */
import type { JSONValue } from "convex/values";
import { parseAuthConfig, type AuthProvider } from "../auth/auth-provider";
import { BackendError } from "../database/backend-error";
import type { SchemaJson } from "../database/types";
import { requirePackages } from "../runtime/external-packages";
import type { AnalyzedModule, PushedModule, Runtime } from "../runtime/types";
import {
  definitionImport,
  inDependencyOrder,
  parseDefinition,
  PLAIN_APP,
  type ComponentDefinition,
} from "./component-definition";
import {
  moduleHash,
  pushedModule,
  type StoredModule,
} from "./deployment-store";
import type { Environment } from "./environment-variables";
import type { PushRequest } from "./push-request";
import { parseSchema, schemaJson } from "./schema-json";

/** One definition; mounted any number of times, the app exactly once. */
export type EvaluatedDefinition = {
  definition: ComponentDefinition;
  schema: SchemaJson | null;
  modules: StoredModule[];
  functions: { [path: string]: AnalyzedModule };
  udfServerVersion: string;
};

export type EvaluatedPush = {
  definitions: Map<string, EvaluatedDefinition>;
  providers: AuthProvider[];
};

export type Evaluator = Pick<Runtime, "evaluateDefinition" | "analyze">;

type Sent = {
  definitionPath: string;
  dependencies: string[];
  definition: PushedModule | null;
  schema: PushedModule | null;
  functions: PushedModule[];
  udfServerVersion: string;
};

type EvaluationOptions = {
  evaluator: Evaluator;
  environment: Environment;
  deployedModules: readonly StoredModule[];
};

export async function evaluatePush(
  request: PushRequest,
  options: EvaluationOptions,
): Promise<EvaluatedPush> {
  requirePackages(request.nodeDependencies);
  const app = sentApp(request, options.deployedModules);
  const definitions = new Map<string, EvaluatedDefinition>();
  for (const sent of sentDefinitions(request, app))
    definitions.set(
      sent.definitionPath,
      await evaluateOne(sent, definitions, options),
    );
  return { definitions, providers: evaluateAuth(app.functions, options) };
}

/** Without loading functions, for the advisory checks before a push. */
export function evaluateDefinitions(
  request: PushRequest,
  options: EvaluationOptions,
): EvaluatedPush {
  const app = sentApp(request, options.deployedModules);
  const definitions = new Map<string, EvaluatedDefinition>();
  for (const sent of sentDefinitions(request, app))
    definitions.set(sent.definitionPath, {
      ...evaluateWithoutFunctions(sent, definitions, options),
      modules: [],
      functions: {},
    });
  return { definitions, providers: [] };
}

/** Dependencies first. */
function sentDefinitions(request: PushRequest, app: Sent): Sent[] {
  const components = request.componentDefinitions.map((sent) => ({
    ...sent,
    schema: sent.schema ?? null,
  }));
  return inDependencyOrder<Sent>([app, ...components]);
}

function sentApp(
  request: PushRequest,
  deployed: readonly StoredModule[],
): Sent {
  const { appDefinition } = request;
  const unchanged = appDefinition.unchangedModuleHashes.map((wanted) => {
    const found = deployed.find(
      (module) =>
        module.path === wanted.path &&
        module.environment === wanted.environment,
    );
    if (found?.sha256 === wanted.sha256) return found;
    throw new BackendError(
      "MissingExistingModule",
      `The deployed module ${wanted.path} has changed; push again`,
      {
        status: 409,
      },
    );
  });
  return {
    definitionPath: "",
    dependencies: appDefinition.dependencies,
    definition: appDefinition.definition ?? null,
    schema: appDefinition.schema ?? null,
    functions: [
      ...appDefinition.changedModules,
      ...unchanged.map(pushedModule),
    ],
    udfServerVersion: appDefinition.udfServerVersion,
  };
}

async function evaluateOne(
  sent: Sent,
  known: ReadonlyMap<string, EvaluatedDefinition>,
  options: { evaluator: Evaluator; environment: Environment },
): Promise<EvaluatedDefinition> {
  const isApp = sent.definitionPath === "";
  if (
    !isApp &&
    sent.functions.some((module) => module.environment === "node")
  ) {
    throw new BackendError(
      "NodeActionsNotSupported",
      `"use node" is not supported in components (${sent.definitionPath})`,
    );
  }
  const bare = evaluateWithoutFunctions(sent, known, options);
  const functions = await options.evaluator.analyze(
    sent.functions,
    isApp ? options.environment : {},
  );
  const modules = sent.functions.map((module) => ({
    ...module,
    sha256: moduleHash(module),
    analysis: functions[module.path] ?? null,
  }));
  const exports = isApp ? bare.definition.exports : exportsOf(functions);
  const definition = { ...bare.definition, exports };
  return { ...bare, definition, modules, functions };
}

function evaluateWithoutFunctions(
  sent: Sent,
  known: ReadonlyMap<string, EvaluatedDefinition>,
  options: { evaluator: Evaluator; environment: Environment },
): Omit<EvaluatedDefinition, "modules" | "functions"> {
  return {
    definition: evaluateOwnDefinition(sent, known, options),
    schema: evaluateSchema(sent, options.evaluator),
    udfServerVersion: sent.udfServerVersion,
  };
}

function evaluateOwnDefinition(
  sent: Sent,
  known: ReadonlyMap<string, EvaluatedDefinition>,
  options: { evaluator: Evaluator; environment: Environment },
): ComponentDefinition {
  if (sent.definition === null) return PLAIN_APP;
  const imports = sent.dependencies.flatMap((path) => {
    const dependency = known.get(path);
    return dependency === undefined
      ? []
      : [definitionImport(dependency.definition)];
  });
  const isApp = sent.definitionPath === "";
  const exported = options.evaluator.evaluateDefinition({
    kind: isApp ? "app" : "component",
    module: sent.definition,
    others: byPath([...sent.functions, ...imports]),
    env: isApp ? options.environment : {},
  });
  return parseDefinition(sent.definitionPath, exported);
}

function evaluateSchema(
  sent: Pick<Sent, "schema" | "functions">,
  evaluator: Evaluator,
): SchemaJson | null {
  if (sent.schema === null) return null;
  const others = byPath(sent.functions);
  return schemaJson(
    parseSchema(
      evaluator.evaluateDefinition({
        kind: "schema",
        module: sent.schema,
        others,
        env: {},
      }),
    ),
  );
}

export function evaluateAuth(
  modules: readonly PushedModule[],
  options: { evaluator: Evaluator; environment: Environment },
): AuthProvider[] {
  const module = modules.find(
    (candidate) => candidate.path === "auth.config.js",
  );
  if (module === undefined) return [];
  const config = options.evaluator.evaluateDefinition({
    kind: "auth",
    module,
    others: byPath(modules),
    env: options.environment,
  });
  return parseAuthConfig(config);
}

function byPath(modules: readonly PushedModule[]): Map<string, PushedModule> {
  return new Map(modules.map((module) => [module.path, module]));
}

type ExportTree =
  | { type: "leaf"; leaf: string }
  | { type: "branch"; branch: [string, ExportTree][] };

/** Public functions by the segments of their modules' paths; what parents see of a component. */
export function exportsOf(functions: {
  [path: string]: AnalyzedModule;
}): JSONValue {
  const root: ExportTree & { type: "branch" } = { type: "branch", branch: [] };
  for (const [path, module] of Object.entries(functions)) {
    const name = path.replace(/\.js$/, "");
    const visible = module.functions.filter(
      (fn) => fn.visibility?.kind === "public",
    );
    if (visible.length === 0) continue;
    const branch = name
      .split("/")
      .reduce((node, segment) => childBranch(node, segment), root);
    for (const fn of visible) {
      branch.branch.push([
        fn.name,
        { type: "leaf", leaf: `_reference/function/${name}:${fn.name}` },
      ]);
    }
  }
  return root;
}

function childBranch(
  node: ExportTree & { type: "branch" },
  segment: string,
): ExportTree & { type: "branch" } {
  const existing = node.branch.find(([name]) => name === segment)?.[1];
  if (existing?.type === "branch") return existing;
  const created: ExportTree & { type: "branch" } = {
    type: "branch",
    branch: [],
  };
  node.branch.push([segment, created]);
  return created;
}
