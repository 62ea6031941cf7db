import { type Engine, memoryOf } from "./quickjs";

/**
 * Where this build of QuickJS keeps what: constants, statics, 5 MiB of stack that grows down, then the heap. A
 * test holds it to that. Constants stay what they are, and between calls the stack is empty, so they are no part of an image.
 */
export const STATICS_START = 80 * 1024;
export const STATICS_END = 96 * 1024;
export const HEAP_START = 5 * 1024 * 1024 + STATICS_START;
const CHUNK_HEADER_BYTES = 16;
const PROBES = [1024 * 1024, 1536 * 1024] as const;

/**
 * What an instance's memory holds, to be put back later. Taken and put back only between calls into
 * the instance: then all of its state is in that memory, the books of its allocator, runtimes and
 * contexts included. Host handles made after an image was taken are dead once it is put back.
 */
export class MemoryImage {
  readonly #engine: Engine;
  readonly #statics: Uint8Array;
  readonly #heap: Uint8Array;

  constructor(engine: Engine, heap: Heap) {
    const memory = new Uint8Array(memoryOf(engine));
    this.#engine = engine;
    this.#statics = memory.slice(STATICS_START, STATICS_END);
    this.#heap = memory.slice(HEAP_START, heap.end());
  }

  get bytes(): number {
    return this.#statics.byteLength + this.#heap.byteLength;
  }

  restore(): void {
    const memory = new Uint8Array(memoryOf(this.#engine));
    memory.set(this.#statics, STATICS_START);
    memory.set(this.#heap, HEAP_START);
  }
}

/**
 * The heap of an instance in which nothing large was freed yet. Its allocator (dlmalloc) holds in one
 * word where the rest begins that is not in use: everything that is in use lies below.
 */
export class Heap {
  readonly #engine: Engine;
  readonly #restWord: number;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#restWord = findRestWord(engine);
  }

  end(): number {
    const rest = staticWords(this.#engine)[this.#restWord];
    if (rest === undefined || rest < HEAP_START)
      throw new Error("The allocator of QuickJS is not the known one");
    return rest + CHUNK_HEADER_BYTES;
  }
}

/** A large block is cut from the rest, so the word is the one that then names the end of the block. */
function findRestWord(engine: Engine): number {
  const [first, second] = PROBES.map((size) => wordsNamingEnd(engine, size));
  const both = first?.filter((at) => second?.includes(at)) ?? [];
  const [found] = both;
  if (found === undefined || both.length > 1)
    throw new Error("The allocator of QuickJS is not the known one");
  return found;
}

function wordsNamingEnd(engine: Engine, size: number): number[] {
  const block = engine.module._malloc(size);
  const words = staticWords(engine);
  const found: number[] = [];
  for (
    let at = words.indexOf(block + size);
    at !== -1;
    at = words.indexOf(block + size, at + 1)
  )
    found.push(at);
  engine.module._free(block);
  return found;
}

function staticWords(engine: Engine): Uint32Array {
  const bytes = STATICS_END - STATICS_START;
  return new Uint32Array(memoryOf(engine), STATICS_START, bytes / 4);
}
