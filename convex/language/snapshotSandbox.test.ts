import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DEFAULTS,
  programOf,
} from "../../tests/support/language/evaluate-source";
import type { EvaluateRequest, EvaluateResult } from "./evaluation";
import { HEAP_START, MemoryImage, Heap, STATICS_END } from "./memoryImage";
import { createEngine, memoryOf } from "./quickjs";
import { evaluateIn } from "./sandbox";
import { createSandbox } from "./snapshotSandbox";

/** Each does its worst to what comes after it, and shows what came before. */
const BODIES = [
  "({ input }) => input.n + 1",
  "() => [typeof globalThis.left, Object.keys(globalThis).length]",
  "() => { globalThis.left = (globalThis.left ?? 0) + 1; return globalThis.left; }",
  "() => { Object.prototype.polluted = 'yes'; return ({}).polluted; }",
  "() => ({}).polluted ?? 'clean'",
  "() => { Array.prototype.map = () => 'taken'; return [1].map(String); }",
  "({ input }) => [1, 2].map((x) => x * input.n)",
  "() => { JSON.stringify = () => 'taken'; return JSON.stringify(1); }",
  "() => [Math.random(), Date.now(), new Date().getTime()]",
  "() => { counter += 1; return counter; }",
  "() => top",
  "() => { console.log('body', counter); return null; }",
  "() => { throw new Error('on purpose'); }",
  "() => { throw { get message() { globalThis.left = 'error'; return 'odd'; } }; }",
  "() => { while (true); }",
  "() => { const deep = () => deep(); return deep(); }",
  "() => { const all = []; for (;;) all.push('x'.repeat(100000) + all.length); }",
  "() => 'y'.repeat(3000000).length",
  "() => { Promise.resolve().then(() => { globalThis.left = 'job'; }); return 1; }",
  "() => { const o = {}; o.o = o; return o; }",
  "() => String(secret('KEY'))",
];
const TOPS = [
  "let counter = 0; const top = 1;",
  "let counter = 10; const top = Math.random();",
  "let counter = 0; const top = Date.now(); console.log('top', top);",
  "let counter = 0; console.warn('hello'); const top = [].concat([1]);",
  "let counter = 0; const top = new Array(50000).fill('kept').length;",
];
const PROGRAMS = TOPS.flatMap((top) =>
  BODIES.map((body) => programOf(body, top)),
);

const requests: fc.Arbitrary<EvaluateRequest> = fc.record({
  program: fc.constantFrom(...PROGRAMS),
  fn: fc.constant({ path: "a", slot: "run" as const }),
  scope: fc.record({
    input: fc.record({ n: fc.constantFrom(1, 2) }),
    steps: fc.constant({}),
  }),
  seed: fc.constantFrom("one", "two"),
  nowMs: fc.constantFrom(1_700_000_000_000, 1_800_000_000_000),
});

async function evaluatedAlone(
  request: EvaluateRequest,
): Promise<EvaluateResult> {
  return evaluateIn(await createSandbox(), request);
}

describe("a sandbox that is used again", () => {
  it(
    "gives what one of its own would give, whatever was evaluated in it before",
    { timeout: 120_000 },
    async () => {
      const alone = new Map<string, EvaluateResult>();
      await fc.assert(
        fc.asyncProperty(
          fc.array(requests, { minLength: 1, maxLength: 25 }),
          async (list) => {
            let sandbox = await createSandbox();
            for (const request of list) {
              if (!sandbox.isUsable()) sandbox = await createSandbox();
              const key = JSON.stringify(request);
              const expected =
                alone.get(key) ?? (await evaluatedAlone(request));
              alone.set(key, expected);
              expect(evaluateIn(sandbox, request)).toEqual(expected);
            }
          },
        ),
        { numRuns: 3 },
      );
    },
  );

  it("survives endless loops and full memory: it is still usable", async () => {
    const sandbox = await createSandbox();
    const run = (body: string) =>
      evaluateIn(sandbox, {
        ...DEFAULTS,
        program: programOf(body),
        fn: { path: "a", slot: "run" },
      });
    for (let i = 0; i < 3; i += 1) {
      expect(run("() => { while (true); }")).toMatchObject({
        error: { code: "sandbox_limit" },
      });
      expect(run("() => 1 + 1")).toMatchObject({ value: 2 });
    }
    expect(sandbox.isUsable()).toBe(true);
  });
});

describe("the memory of this build of QuickJS", () => {
  it("lies where images expect it", async () => {
    const engine = await createEngine();
    const heap = new Heap(engine);
    const before = heap.end();
    const block = engine.allocator._malloc(256 * 1024);
    expect(block).toBeGreaterThanOrEqual(HEAP_START);
    expect(heap.end()).toBeGreaterThanOrEqual(before + 256 * 1024);
  });
  it("is as it was once an image is put back", async () => {
    const engine = await createEngine();
    const heap = new Heap(engine);
    const runtime = engine.quickjs.newRuntime();
    const vm = runtime.newContext();
    vm.evalCode("globalThis.kept = 'yes'");
    const image = new MemoryImage(engine, heap);
    const statics = new Uint8Array(memoryOf(engine)).slice(0, STATICS_END);
    vm.evalCode(
      "globalThis.kept = 'no'; globalThis.list = Array.from({ length: 1000 }, () => ({}));",
    );
    image.restore();
    expect(new Uint8Array(memoryOf(engine)).slice(0, STATICS_END)).toEqual(
      statics,
    );
    const result = vm.unwrapResult(vm.evalCode("kept + typeof list"));
    expect(vm.getString(result)).toBe("yesundefined");
  });
});
