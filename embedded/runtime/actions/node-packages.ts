/** What `"use node"` modules import from outside of the push: Node's modules and the packages installed here. */
import { createRequire } from "node:module";
import path from "node:path";
import type { CompiledModule } from "../modules/compiled-module";

const IMPORT = /\brequire\(["']([^"']+)["']\)/g;

export class NodePackages {
  readonly #require = createRequire(path.join(process.cwd(), "package.json"));
  /** Of packages that only `import` can load. */
  readonly #namespaces = new Map<string, unknown>();

  get(specifier: string): unknown {
    return this.#namespaces.get(specifier) ?? this.#require(specifier);
  }

  /** What cannot be loaded is left to whoever imports it. */
  async prepare(specifier: string): Promise<void> {
    if (this.#namespaces.has(specifier)) return;
    try {
      this.#require(specifier);
    } catch (error) {
      if (!isEsm(error)) return;
      this.#namespaces.set(specifier, await import(specifier));
    }
  }
}

/** Everything that a module's code may require, whether it does so at once or later. */
export function importsOf(module: CompiledModule | undefined): string[] {
  const found = (module?.code ?? "").matchAll(IMPORT);
  return Array.from(found, ([, specifier]) => specifier ?? "");
}

function isEsm(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    (error.code === "ERR_REQUIRE_ESM" ||
      error.code === "ERR_REQUIRE_ASYNC_MODULE" ||
      error.code === "ERR_PACKAGE_PATH_NOT_EXPORTED")
  );
}
