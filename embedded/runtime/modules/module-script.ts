/** The script of a compiled module. Apart from the compiler, because workers have no bundler. */
import vm from "node:vm";
import type { ModuleFunction } from "../realm/realm-host";
import type { CompiledModule, ModuleSet } from "./compiled-module";

const scripts = new WeakMap<CompiledModule, vm.Script>();

/** The module's function, made in `context` (or here, without one). */
export function moduleBody(
  modules: ModuleSet,
  modulePath: string,
  context?: vm.Context,
): ModuleFunction {
  const module = modules.get(modulePath);
  if (module === undefined)
    throw new Error(`Could not find module ${modulePath}`);
  const script = scriptOf(module);
  return (
    context === undefined
      ? script.runInThisContext()
      : script.runInContext(context)
  ) as ModuleFunction;
}

/** The script is compiled once per thread and run in as many realms as need it. */
function scriptOf(module: CompiledModule): vm.Script {
  const known = scripts.get(module);
  if (known !== undefined) return known;
  const script = new vm.Script(module.code, {
    filename: module.filename,
    lineOffset: -1,
  });
  scripts.set(module, script);
  return script;
}
