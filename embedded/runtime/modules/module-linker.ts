/** Evaluates the modules of one component in one realm: lazily, once each, cycles as in CommonJS. */
import path from "node:path/posix";
import type { CompiledModule, ModuleSet } from "./compiled-module";

export type ModuleExports = { [name: string]: unknown };
type ModuleFunction = (
  exports: object,
  require: (specifier: string) => unknown,
  module: { exports: object },
) => void;
type ModuleRecord = { exports: object; error?: { value: unknown } };

export class ModuleNotFound extends Error {}

export interface LinkerOptions {
  modules: ModuleSet;
  /** Runs the module's script in the realm and gives its function. */
  evaluate: (module: CompiledModule) => unknown;
  /** For specifiers that are not modules of the push: node built-ins and packages, where allowed. */
  external: (specifier: string) => unknown;
}

export class ModuleLinker {
  readonly #options: LinkerOptions;
  readonly #records = new Map<string, ModuleRecord>();

  constructor(options: LinkerOptions) {
    this.#options = options;
  }

  has(modulePath: string): boolean {
    return this.#options.modules.has(modulePath);
  }

  isLoaded(modulePath: string): boolean {
    return this.#records.has(modulePath);
  }

  /** Throws what the module threw, again for every importer. */
  load(modulePath: string): ModuleExports {
    const known = this.#records.get(modulePath);
    if (known !== undefined) return exportsOf(known);
    const module = this.#options.modules.get(modulePath);
    if (module === undefined)
      throw new ModuleNotFound(`Could not find module ${modulePath}`);
    const record: ModuleRecord = { exports: {} };
    this.#records.set(modulePath, record);
    this.#run(module, record);
    return exportsOf(record);
  }

  #run(module: CompiledModule, record: ModuleRecord): void {
    try {
      const body = this.#options.evaluate(module) as ModuleFunction;
      body(
        record.exports,
        (specifier) => this.#require(module.path, specifier),
        record,
      );
    } catch (error) {
      record.error = { value: error };
    }
  }

  #require(from: string, specifier: string): unknown {
    if (!specifier.startsWith(".")) return this.#options.external(specifier);
    const target = path.normalize(path.join(path.dirname(from), specifier));
    if (this.has(target)) return this.load(target);
    if (this.has(`${target}.js`)) return this.load(`${target}.js`);
    return this.#options.external(specifier);
  }
}

function exportsOf(record: ModuleRecord): ModuleExports {
  if (record.error !== undefined) throw record.error.value;
  return record.exports as ModuleExports;
}
