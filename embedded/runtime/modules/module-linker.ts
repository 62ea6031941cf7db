/** Evaluates the modules of one component, where they live: lazily, once each, cycles as in CommonJS. */
import type { ModuleFunction } from "../realm/realm-host";
import { resolveSpecifier } from "./module-specifier";

export type ModuleExports = { [name: string]: unknown };
type ModuleRecord = { exports: object; error?: { value: unknown } };

export interface LinkerOptions {
  has: (modulePath: string) => boolean;
  /** The module's function. */
  body: (modulePath: string) => ModuleFunction;
  /** For specifiers that are not modules of the push: node built-ins and packages, where allowed. */
  external: (specifier: string) => unknown;
}

export class ModuleLinker {
  readonly #options: LinkerOptions;
  readonly #records = new Map<string, ModuleRecord>();

  constructor(options: LinkerOptions) {
    this.#options = options;
  }

  isLoaded(modulePath: string): boolean {
    return this.#records.has(modulePath);
  }

  /** Throws what the module threw, again for every importer. */
  load(modulePath: string): ModuleExports {
    const known = this.#records.get(modulePath);
    if (known !== undefined) return exportsOf(known);
    if (!this.#options.has(modulePath))
      throw new Error(`Could not find module ${modulePath}`);
    const record: ModuleRecord = { exports: {} };
    this.#records.set(modulePath, record);
    this.#run(modulePath, record);
    return exportsOf(record);
  }

  #run(modulePath: string, record: ModuleRecord): void {
    try {
      this.#options.body(modulePath)(
        record.exports,
        (specifier) => this.#require(modulePath, specifier),
        record,
      );
    } catch (error) {
      record.error = { value: error };
    }
  }

  #require(from: string, specifier: string): unknown {
    const target = resolveSpecifier(from, specifier, this.#options.has);
    return target === null
      ? this.#options.external(specifier)
      : this.load(target);
  }
}

function exportsOf(record: ModuleRecord): ModuleExports {
  if (record.error !== undefined) throw record.error.value;
  return record.exports as ModuleExports;
}
