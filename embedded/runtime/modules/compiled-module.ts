/** ESM as pushed → a CommonJS-style function that any `vm` context can evaluate, with the maps back to the source. */
import { createHash } from "node:crypto";
import vm from "node:vm";
import { transform } from "esbuild";
import type { PushedModule } from "../types";

export interface CompiledModule {
  path: string;
  environment: "isolate" | "node";
  code: string;
  filename: string;
  /** From `code` to the pushed module, then from the pushed module to what its author wrote. */
  maps: string[];
}

const FILE_SCHEME = "convex:/";
const WRAPPER = ["(function (exports, require, module) {\n", "\n})"] as const;
const cache = new Map<string, Promise<CompiledModule>>();
const CACHE_LIMIT = 2000;

/** Equal sources are transformed once per process, however many components and pushes carry them. */
export function compileModule(module: PushedModule): Promise<CompiledModule> {
  const key = createHash("sha256")
    .update(`${module.environment}\0${module.path}\0${module.sourceMap ?? ""}\0${module.source}`)
    .digest("hex");
  const known = cache.get(key);
  if (known !== undefined) return known;
  const compiled = transformModule(module, key);
  if (cache.size >= CACHE_LIMIT) cache.clear();
  cache.set(key, compiled);
  compiled.catch(() => cache.delete(key));
  return compiled;
}

async function transformModule(module: PushedModule, key: string): Promise<CompiledModule> {
  const result = await transform(module.source, {
    format: "cjs",
    target: "esnext",
    loader: "js",
    sourcemap: "external",
    sourcesContent: false,
    sourcefile: module.path,
    logLevel: "silent",
    supported: { "dynamic-import": false },
  });
  return {
    path: module.path,
    environment: module.environment,
    code: WRAPPER[0] + result.code + WRAPPER[1],
    filename: `${FILE_SCHEME}${key.slice(0, 12)}/${module.path}`,
    maps: module.sourceMap === undefined ? [result.map] : [result.map, module.sourceMap],
  };
}

const scripts = new WeakMap<CompiledModule, vm.Script>();

/** The script is compiled once per thread and run in as many realms as need it. */
export function scriptOf(module: CompiledModule): vm.Script {
  const known = scripts.get(module);
  if (known !== undefined) return known;
  const script = new vm.Script(module.code, { filename: module.filename, lineOffset: -1 });
  scripts.set(module, script);
  return script;
}

export type ModuleSet = ReadonlyMap<string, CompiledModule>;

export async function compileModules(modules: readonly PushedModule[]): Promise<ModuleSet> {
  const compiled = await Promise.all(modules.map(compileModule));
  return new Map(compiled.map((module) => [module.path, module]));
}
