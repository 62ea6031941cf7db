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
  /** Where modules may await at their top level, and import packages that do. */
  imports?: {
    of: (modulePath: string) => string[];
    isAsync: (modulePath: string) => boolean;
    /** Readies what `external` will be asked for. */
    prepareExternal: (specifier: string) => Promise<void>;
  };
}

export class ModuleLinker {
  readonly #options: LinkerOptions;
  readonly #records = new Map<string, ModuleRecord>();
  readonly #prepared = new Map<string, Promise<void>>();

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
    void this.#run(modulePath, record);
    return exportsOf(record);
  }

  /** Evaluates what `modulePath` leads to and awaits at its top level; from then on `load` can. */
  prepare(modulePath: string): Promise<void> {
    const known = this.#prepared.get(modulePath);
    if (known !== undefined) return known;
    const prepared = new Promise<void>((resolve) => {
      resolve(this.#prepare(modulePath));
    });
    this.#prepared.set(modulePath, prepared);
    return prepared;
  }

  async #prepare(modulePath: string): Promise<void> {
    const { imports } = this.#options;
    for (const specifier of imports?.of(modulePath) ?? []) {
      const target = resolveSpecifier(modulePath, specifier, this.#options.has);
      if (target === null) await imports?.prepareExternal(specifier);
      else if (!this.#prepared.has(target)) await this.prepare(target);
    }
    if (imports?.isAsync(modulePath) !== true) return;
    const record: ModuleRecord = { exports: {} };
    this.#records.set(modulePath, record);
    await this.#run(modulePath, record);
  }

  #run(modulePath: string, record: ModuleRecord): Promise<void> | void {
    const failed = (error: unknown): void => {
      record.error = { value: error };
    };
    try {
      const ended = this.#options.body(modulePath)(
        record.exports,
        (specifier) => this.#require(modulePath, specifier),
        record,
      );
      if (ended instanceof Promise) return ended.catch(failed);
    } catch (error) {
      failed(error);
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
