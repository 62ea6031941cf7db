/** Evaluates definitions: `convex.config.js`, `schema.js`, `auth.config.js` (protocol section 1.2). */
import type { JSONValue } from "convex/values";
import { BackendError } from "../database/backend-error";
import { importServices } from "./deployment";
import { compileModulesSync } from "./modules/compiled-module";
import type { ModuleExports } from "./modules/module-linker";
import type { Seed } from "./realm/realm-services";
import { TransactionRealm } from "./realm/transaction-realm";
import type { PushedModule, Runtime } from "./types";

type Request = Parameters<Runtime["evaluateDefinition"]>[0];
type Exportable = { export?: () => unknown };

/** The definitions of components are given as modules in `others`, already synthesised. */
export function evaluateDefinition(
  request: Request,
  options: { importPhase: { nowMs: number; seed: Seed }; userTimeMs: number },
): JSONValue {
  const missing = new Set<string>();
  const modules = compileModulesSync(unique(request));
  const realm = new TransactionRealm({
    modules,
    ...options,
    importEnv: (name) => {
      const value = request.env[name];
      if (value === undefined) missing.add(name);
      return value;
    },
  });
  const text = realm.inspect(
    request.module.path,
    importServices(options.importPhase),
    (exports) => exportedText(request.kind, exports),
  );
  const [name] = missing;
  if (request.kind === "auth" && name !== undefined)
    throw missingVariable(name);
  return JSON.parse(text) as JSONValue;
}

function unique({ module, others }: Request): PushedModule[] {
  return [
    ...[...others.values()].filter((other) => other.path !== module.path),
    module,
  ];
}

function exportedText(kind: Request["kind"], exports: ModuleExports): string {
  const value = exports["default"];
  if (kind === "auth") return JSON.stringify(value ?? null);
  if (kind === "schema") return schemaText(value);
  const { export: exporter } = (value ?? {}) as Exportable;
  if (typeof exporter !== "function")
    throw new Error(
      "convex.config.js must export a component or app definition by default",
    );
  return JSON.stringify((value as { export: () => unknown }).export());
}

function schemaText(value: unknown): string {
  if (value === undefined) {
    throw new Error(
      "Schema file missing default export. Please export a schema using `defineSchema` as the default export.",
    );
  }
  if (typeof (value as Exportable).export !== "function") {
    throw new Error(
      "Default export from schema file isn't a Convex schema. Please use `defineSchema` to define it.",
    );
  }
  return String((value as { export: () => unknown }).export());
}

function missingVariable(name: string): BackendError {
  return new BackendError(
    "AuthConfigMissingEnvironmentVariable",
    `Environment variable ${name} is used in auth config file but its value was not set`,
  );
}
