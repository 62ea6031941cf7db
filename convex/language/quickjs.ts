import type { QuickJSEmscriptenModule } from "@jitl/quickjs-ffi-types";
import loadEmscripten from "@jitl/quickjs-wasmfile-release-sync/emscripten-module";
import { QuickJSFFI } from "@jitl/quickjs-wasmfile-release-sync/ffi";
import { QuickJSWASMModule } from "quickjs-emscripten-core";
// By its file: the official bundler knows WebAssembly by the ending of the path, and joins it to this folder.
import compiled from "../../node_modules/@jitl/quickjs-wasmfile-release-sync/dist/emscripten-module.wasm";

/** WebAssembly memory never shrinks: an engine that grew past this is not used again. */
const MAX_KEPT_BYTES = 48 * 1024 * 1024;

/** One instance of QuickJS, shared by runtimes that know nothing of each other. */
export type Engine = {
  quickjs: QuickJSWASMModule;
  /** Something in it trapped: nothing in it can be used again. */
  broken: boolean;
  /** Takes no new work; what runs in it goes on. */
  retired: boolean;
};

let kept: Promise<Engine> | null = null;

/** The instance shared by evaluations; a new one when the last one broke or grew too large. */
export async function loadEngine(): Promise<Engine> {
  kept ??= createEngine();
  const engine = await kept;
  if (isUsable(engine)) return engine;
  if ((await kept) === engine) kept = createEngine();
  return kept;
}

function isUsable(engine: Engine): boolean {
  const { broken, retired } = engine;
  return !broken && !retired && memoryBytes(engine) <= MAX_KEPT_BYTES;
}

function memoryBytes(engine: Engine): number {
  return engine.quickjs.getWasmMemory().buffer.byteLength;
}

/** Needs microtasks only: in a mutation nothing else is ever resolved. */
async function createEngine(): Promise<Engine> {
  const module: QuickJSEmscriptenModule = await loadEmscripten({
    instantiateWasm(
      imports: WebAssembly.Imports,
      onSuccess: (instance: WebAssembly.Instance) => void,
    ) {
      const instance = new WebAssembly.Instance(compiled, imports);
      onSuccess(instance);
      return instance.exports;
    },
  });
  module.type = "sync";
  return {
    quickjs: new QuickJSWASMModule(module, new QuickJSFFI(module)),
    broken: false,
    retired: false,
  };
}
