import type {
  BorrowedHeapCharPointer,
  JSContextPointer,
  JSValueConstPointer,
  JSValueConstPointerPointer,
  JSValuePointer,
} from "@jitl/quickjs-ffi-types";
import {
  Lifetime,
  type QuickJSContext,
  type QuickJSHandle,
} from "quickjs-emscripten-core";
import type { Engine } from "./quickjs";

type ValuePointer = JSValuePointer | JSValueConstPointer;

const POINTER_BYTES = 4;
const MAX_ASCII = 127;
/** Longer answers are decoded by the library. */
const SHORT_BYTES = 24;

/**
 * A function in a context that takes texts and gives a text, called by pointers: the library's handles and lists cost
 * more than a small function does. Only buffers are freed: values stay in the context's memory until it is put back.
 */
export class TextCall {
  readonly #engine: Engine;
  readonly #vm: QuickJSContext;
  readonly #context: JSContextPointer;
  readonly #fn: ValuePointer;
  readonly #undefined: ValuePointer;

  /** For a function in the context that was made last. */
  constructor(engine: Engine, vm: QuickJSContext, fn: QuickJSHandle) {
    const context = engine.ffi.newestContext;
    if (context === null) throw new Error("No context was made yet");
    this.#engine = engine;
    this.#vm = vm;
    this.#context = context;
    this.#fn = fn.value;
    this.#undefined = vm.undefined.value;
  }

  /** What it gives, or a handle of what it throws. */
  call(...texts: string[]): string | QuickJSHandle {
    const { ffi } = this.#engine;
    const result = ffi.QTS_Call(
      this.#context,
      this.#fn,
      this.#undefined,
      texts.length,
      this.#listOf(texts.map((text) => this.#valueOf(text))),
    );
    const thrown = ffi.QTS_ResolveException(this.#context, result);
    return thrown === 0 ? this.#textOf(result) : this.#handleOf(thrown);
  }

  /** JSON text is mostly ASCII, which is copied here; the library measures and encodes any other. */
  #valueOf(text: string): ValuePointer {
    const { module, ffi } = this.#engine;
    // The allocator's numbers are pointers to whatever is put there.
    const at = module._malloc(text.length + 1) as BorrowedHeapCharPointer;
    const value = copyAscii(text, module.HEAPU8, at)
      ? ffi.QTS_NewString(this.#context, at)
      : this.#vm.newString(text).value;
    module._free(at);
    return value;
  }

  #listOf(values: ValuePointer[]): JSValueConstPointerPointer {
    const { module } = this.#engine;
    const bytes = values.length * POINTER_BYTES;
    // As above.
    const at = module._malloc(bytes) as JSValueConstPointerPointer;
    new Uint32Array(module.HEAPU8.buffer, at, values.length).set(values);
    return at;
  }

  #textOf(value: ValuePointer): string {
    const { module, ffi } = this.#engine;
    // A borrowed text is one to read from.
    const at = ffi.QTS_GetString(
      this.#context,
      value,
    ) as number as BorrowedHeapCharPointer;
    return shortAscii(module.HEAPU8, at) ?? module.UTF8ToString(at);
  }

  #handleOf(value: JSValuePointer): QuickJSHandle {
    const free = (pointer: JSValuePointer) =>
      this.#engine.ffi.QTS_FreeValuePointer(this.#context, pointer);
    return new Lifetime(value, undefined, free, this.#vm.runtime);
  }
}

/** Copies a text and its end; false as soon as it is not plain ASCII. */
function copyAscii(text: string, memory: Uint8Array, at: number): boolean {
  const { length } = text;
  for (let i = 0; i < length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 0 || code > MAX_ASCII) return false;
    memory[at + i] = code;
  }
  memory[at + length] = 0;
  return true;
}

function shortAscii(memory: Uint8Array, at: number): string | null {
  let text = "";
  for (let i = at; i < at + SHORT_BYTES; i += 1) {
    const code = memory[i] ?? 0;
    if (code === 0) return text;
    if (code > MAX_ASCII) return null;
    text += String.fromCharCode(code);
  }
  return null;
}
