import type { QuickJSEmscriptenModule } from "@jitl/quickjs-ffi-types";
import loadEmscripten from "@jitl/quickjs-wasmfile-release-sync/emscripten-module";
import { QuickJSFFI } from "@jitl/quickjs-wasmfile-release-sync/ffi";
import compiled from "@jitl/quickjs-wasmfile-release-sync/wasm";
import { QuickJSWASMModule } from "quickjs-emscripten-core";

/** WebAssembly memory never shrinks: an engine that grew past this is not used again. */
const MAX_KEPT_BYTES = 48 * 1024 * 1024;

/** One instance of QuickJS. Broken for good once anything in it trapped. */
export type Engine = {
  quickjs: QuickJSWASMModule;
  broken: boolean;
};

let kept: Promise<Engine> | null = null;

/** The instance shared by evaluations; a new one when the last one broke or grew too large. */
export async function loadEngine(): Promise<Engine> {
  kept ??= createEngine();
  const engine = await kept;
  if (!engine.broken && memoryBytes(engine) <= MAX_KEPT_BYTES) return engine;
  kept = createEngine();
  return kept;
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
  };
}
