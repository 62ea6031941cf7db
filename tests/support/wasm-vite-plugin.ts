/** The part of a vite plugin that this needs; vite itself is not a dependency. */
type Plugin = {
  name: string;
  enforce: "pre";
  resolveId(source: string): string | null;
  load(id: string): string | null;
};

const LOADER = "@jitl/quickjs-wasmfile-release-sync/emscripten-module";
/** Keeps vitest from loading the file itself: files of packages are left to Node, which cannot. */
const VIRTUAL_WASM = "\0quickjs-wasm";
const DIST = "node_modules/@jitl/quickjs-wasmfile-release-sync/dist";

/**
 * Loads QuickJS in tests as the official bundler does: a `.wasm` import is
 * `new WebAssembly.Module(bytes)`, and packages give their browser form.
 */
export function wasmModules(root: string): Plugin {
  return {
    name: "wasm-modules",
    enforce: "pre",
    resolveId(source) {
      if (source === LOADER)
        return `${root}/${DIST}/emscripten-module.browser.mjs`;
      if (source.endsWith(`${DIST}/emscripten-module.wasm`))
        return VIRTUAL_WASM;
      return null;
    },
    load(id) {
      return id === VIRTUAL_WASM
        ? moduleOf(`${root}/${DIST}/emscripten-module.wasm`)
        : null;
    },
  };
}

function moduleOf(file: string): string {
  return [
    `import { readFileSync } from "node:fs";`,
    `export default new WebAssembly.Module(readFileSync(${JSON.stringify(file)}));`,
  ].join("\n");
}
