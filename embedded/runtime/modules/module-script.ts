/** The script of a compiled module. Apart from the compiler, because workers have no bundler. */
import vm from "node:vm";
import type { CompiledModule } from "./compiled-module";

const scripts = new WeakMap<CompiledModule, vm.Script>();

/** The script is compiled once per thread and run in as many realms as need it. */
export function scriptOf(module: CompiledModule): vm.Script {
  const known = scripts.get(module);
  if (known !== undefined) return known;
  const script = new vm.Script(module.code, {
    filename: module.filename,
    lineOffset: -1,
  });
  scripts.set(module, script);
  return script;
}
