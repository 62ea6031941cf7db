/** ESM as pushed → a CommonJS-style function that any `vm` context can evaluate, with the maps back to the source. */
import { createHash } from "node:crypto";
import { transform, transformSync } from "esbuild";
import type { PushedModule } from "../types";
import { awaitsAtTopLevel, compileAwaiting } from "./top-level-await";

export interface CompiledModule {
  path: string;
  environment: "isolate" | "node";
  code: string;
  filename: string;
  /** The module's function is asynchronous. */
  isAsync: boolean;
  /** From `code` to the pushed module, then from the pushed module to what its author wrote. */
  maps: string[];
}

const FILE_SCHEME = "convex:/";
const PARAMETERS = "(exports, require, module) {\n";
const cache = new Map<string, CompiledModule>();
const CACHE_LIMIT = 2000;
const OPTIONS = {
  format: "cjs",
  target: "esnext",
  loader: "js",
  sourcemap: "external",
  sourcesContent: false,
  logLevel: "silent",
  supported: { "dynamic-import": false },
} as const;

/** Equal sources are transformed once per process, however many components and pushes carry them. */
export async function compileModule(
  module: PushedModule,
): Promise<CompiledModule> {
  const key = keyOf(module);
  const known = cache.get(key);
  if (known !== undefined) return known;
  try {
    const options = { ...OPTIONS, sourcefile: module.path };
    const { code, map } = await transform(module.source, options);
    return remember(key, module, { code, map, isAsync: false });
  } catch (error) {
    if (!awaitsAtTopLevel(error)) throw error;
    return remember(key, module, compileAwaiting(module));
  }
}

/** Blocks: for the few small modules of definitions. */
export function compileModuleSync(module: PushedModule): CompiledModule {
  const key = keyOf(module);
  const known = cache.get(key);
  if (known !== undefined) return known;
  const options = { ...OPTIONS, sourcefile: module.path };
  const { code, map } = transformSync(module.source, options);
  return remember(key, module, { code, map, isAsync: false });
}

function keyOf(module: PushedModule): string {
  const parts = [
    module.environment,
    module.path,
    module.sourceMap ?? "",
    module.source,
  ];
  return createHash("sha256").update(parts.join("\0")).digest("hex");
}

function remember(
  key: string,
  module: PushedModule,
  result: { code: string; map?: string; isAsync: boolean },
): CompiledModule {
  const { code, isAsync } = result;
  const compiled: CompiledModule = {
    path: module.path,
    environment: module.environment,
    code: `(${isAsync ? "async " : ""}function ${PARAMETERS}${code}\n})`,
    isAsync,
    filename: `${FILE_SCHEME}${key.slice(0, 12)}/${module.path}`,
    maps: [result.map, module.sourceMap].filter((map) => map !== undefined),
  };
  if (cache.size >= CACHE_LIMIT) cache.clear();
  cache.set(key, compiled);
  return compiled;
}

export type ModuleSet = ReadonlyMap<string, CompiledModule>;

export async function compileModules(
  modules: readonly PushedModule[],
): Promise<ModuleSet> {
  return moduleSet(await Promise.all(modules.map(compileModule)));
}

export function compileModulesSync(
  modules: readonly PushedModule[],
): ModuleSet {
  return moduleSet(modules.map(compileModuleSync));
}

function moduleSet(modules: readonly CompiledModule[]): ModuleSet {
  return new Map(modules.map((module) => [module.path, module]));
}
