/** The modules of one component, as `import.meta.glob` lists them. */
import type { FunctionPath } from "../runtime/function-path";
import { type HostFunction, hostFunction } from "./host-function";

export type ModuleGlob = Record<string, () => Promise<unknown>>;
type Exports = { [name: string]: unknown };

const MISSING_GENERATED =
  'Could not find the "_generated" directory: run `npx convex codegen`, and let `import.meta.glob` include it.';

export class TestModules {
  readonly #loaders: ReadonlyMap<string, () => Promise<unknown>>;
  readonly #loaded = new Map<string, Exports>();

  constructor(glob: ModuleGlob) {
    const root = rootOf(Object.keys(glob));
    this.#loaders = new Map(
      Object.entries(glob).flatMap(([file, load]) =>
        file.startsWith(root)
          ? [[moduleOf(file.slice(root.length)), load]]
          : [],
      ),
    );
  }

  has(module: string): boolean {
    return this.#loaders.has(module);
  }

  /** Asks the loader each time, so that modules which a test has reset are imported again. */
  async load(module: string): Promise<Exports | null> {
    const load = this.#loaders.get(module);
    if (load === undefined) return null;
    const exports = (await load()) as Exports;
    this.#loaded.set(module, exports);
    return exports;
  }

  /** Among the modules that have been loaded. */
  find({ module, name }: FunctionPath): HostFunction | undefined {
    return hostFunction(name, this.#loaded.get(module)?.[name]);
  }
}

/** `messages.ts` is deployed as `messages.js`. */
function moduleOf(file: string): string {
  return `${file.replace(/\.[^.]+$/, "")}.js`;
}

/** Paths of functions are relative to the folder that holds `_generated`. */
function rootOf(files: string[]): string {
  const generated = files.find((file) => file.includes("_generated"));
  const root = generated?.split("_generated", 1)[0];
  if (root === undefined) throw new Error(MISSING_GENERATED);
  return root;
}
