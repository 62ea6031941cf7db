import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DEFAULTS,
  programOf,
} from "../../tests/support/language/evaluate-source";
import type { EvaluateRequest, EvaluateResult } from "./evaluation";
import {
  Heap,
  HEAP_START,
  MemoryImage,
  STATICS_END,
  STATICS_START,
} from "./memoryImage";
import { createEngine, memoryOf } from "./quickjs";
import { evaluateIn } from "./sandbox";
import { createSandbox, SnapshotSandbox } from "./snapshotSandbox";

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
  "let counter = 0; const top = 1; const { reverse } = Array.prototype; Array.prototype.reverse = function () { counter += 1; return reverse.call(this); };",
];
const PROGRAMS = TOPS.flatMap((top) =>
  BODIES.map((body) => programOf(body, top)),
);

/** Of blocks: each counts, logs, fails or looks at the moment while it is put together. */
const BLOCKS = [
  "counter += 1;",
  "console.log('block', counter);",
  "counter += Math.random();",
  "counter += Date.now();",
  "globalThis.left = (globalThis.left ?? 0) + 1; counter += globalThis.left;",
  "if (counter > 0) throw new Error('not again'); counter += 1;",
  "while (counter > 9) counter += 1;",
];
const LOOPS = TOPS.slice(0, 3).flatMap((top) =>
  BLOCKS.map((block) => loopOf(top, block)),
);

function loopOf(top: string, block: string): string {
  const one = programOf("() => counter += 1", top);
  const inner = `{ each: () => [1], do: (flow) => { ${block} return flow.code("b", () => { counter += 1; return [counter, Math.random()]; }).code("c", () => counter); } }`;
  return one.replace('.code("a", ', `.loop("l", ${inner}).code("a", `);
}

const call = fc.oneof(
  fc.record({
    program: fc.constantFrom(...PROGRAMS),
    fn: fc.constant({ path: "a", slot: "run" as const }),
  }),
  fc.record({
    program: fc.constantFrom(...LOOPS),
    fn: fc.record({
      path: fc.constantFrom("l/b", "l/b", "l/c", "a", "l/none"),
      slot: fc.constant("run" as const),
    }),
  }),
);

const moment = fc.record({
  scope: fc.record({
    input: fc.record({ n: fc.constantFrom(1, 2) }),
    steps: fc.constant({}),
  }),
  seed: fc.constantFrom("one", "two"),
  nowMs: fc.constantFrom(1_700_000_000_000, 1_800_000_000_000),
});

/** The same again a few times, as in a loop. */
const requests: fc.Arbitrary<EvaluateRequest[]> = fc
  .tuple(call, fc.array(moment, { minLength: 1, maxLength: 4 }))
  .map(([one, moments]) => moments.map((at) => ({ ...one, ...at })));

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
          async (lists) => {
            const list = lists.flat();
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
    const block = engine.module._malloc(256 * 1024);
    expect(block).toBeGreaterThanOrEqual(HEAP_START);
    expect(heap.end()).toBeGreaterThanOrEqual(before + 256 * 1024);
  });
  it("has nothing below the statics that changes, and nothing between them and the heap that is kept", async () => {
    const engine = await createEngine();
    const used = (from: number, to: number) =>
      new Uint8Array(memoryOf(engine)).slice(from, to);
    const constants = used(0, STATICS_START);
    expect(used(STATICS_END, HEAP_START / 2).every((byte) => byte === 0)).toBe(
      true,
    );
    const heap = new Heap(engine);
    expect(heap.end() - HEAP_START).toBeLessThan(16 * 1024);
    const sandbox = new SnapshotSandbox(engine);
    for (const program of PROGRAMS)
      if (sandbox.isUsable())
        evaluateIn(sandbox, {
          ...DEFAULTS,
          program,
          fn: { path: "a", slot: "run" },
        });
    expect(used(0, STATICS_START)).toEqual(constants);
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
