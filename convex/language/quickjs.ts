import type {
  JSContextPointer,
  QuickJSEmscriptenModule,
} from "@jitl/quickjs-ffi-types";
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
  /** What the library is made of, for what needs to know where things lie in its memory. */
  module: QuickJSEmscriptenModule;
  ffi: Ffi;
  /** Something in it trapped: nothing in it can be used again. */
  broken: boolean;
  /** Takes no new work; what runs in it goes on. */
  retired: boolean;
};

/** The functions of QuickJS by pointers; it remembers one that the library keeps to itself. */
class Ffi extends QuickJSFFI {
  newestContext: JSContextPointer | null = null;

  constructor(module: QuickJSEmscriptenModule) {
    super(module);
    const make = this.QTS_NewContext;
    this.QTS_NewContext = (runtime, intrinsics) =>
      (this.newestContext = make(runtime, intrinsics));
  }
}

/** The instance shared by definitions and actions; a new one when the last one broke or grew too large. */
export const loadEngine = keepOne(createEngine, isUsable);

export function isUsable(engine: Engine): boolean {
  const { broken, retired } = engine;
  return !broken && !retired && memoryOf(engine).byteLength <= MAX_KEPT_BYTES;
}

/** Detached when the memory grows: ask again after every call. */
export function memoryOf(engine: Engine): ArrayBuffer {
  return engine.quickjs.getWasmMemory().buffer;
}

/** Gives the same one until it is no longer usable, then a new one; one that could not be made is not kept either. */
export function keepOne<T>(
  create: () => Promise<T>,
  isUsableStill: (one: T) => boolean,
): () => Promise<T> {
  let kept: Promise<T> | null = null;
  const make = () => {
    const made = create();
    made.catch(() => (kept = null));
    return made;
  };
  return async () => {
    kept ??= make();
    const current = kept;
    if (isUsableStill(await current)) return current;
    if (kept === current) kept = make();
    return kept;
  };
}

/** Needs microtasks only: in a mutation nothing else is ever resolved. */
export async function createEngine(): Promise<Engine> {
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
  const ffi = new Ffi(module);
  return {
    quickjs: new QuickJSWASMModule(module, ffi),
    ...{ module, ffi },
    broken: false,
    retired: false,
  };
}
