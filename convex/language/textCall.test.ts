import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DEFAULTS,
  programFrom,
  programOf,
} from "../../tests/support/language/evaluate-source";
import type { Json } from "./evaluation";
import { createEngine, memoryOf } from "./quickjs";
import { evaluateIn } from "./sandbox";
import { createSandbox, SnapshotSandbox } from "./snapshotSandbox";

const ECHO = programOf("({ input }) => input");
const fn = { path: "a", slot: "run" as const };
const shared = createSandbox();

async function echoOf(input: Json): Promise<unknown> {
  const scope = { input, steps: {} };
  return evaluateIn(await shared, { ...DEFAULTS, program: ECHO, fn, scope });
}

const AWKWARD = [
  "\u0000",
  "a\u0000b",
  "\u007f\u0080",
  "ä",
  "日本語",
  "👍🏽",
  "\ud800",
  "\udc00 alone",
  "\u2028\u2029",
  "\ufeffmark",
  "x".repeat(21),
  "x".repeat(22),
  "x".repeat(23),
  `${"x".repeat(30)}ä`,
  "x".repeat(200_000),
  `${"x".repeat(200_000)}ä`,
];

describe("texts on their way into the sandbox and out of it", () => {
  it.each(AWKWARD.map((text, at) => [at, text] as const))(
    "are the same on the other side, however awkward (%i)",
    async (_, text) => {
      expect(await echoOf(text)).toMatchObject({ value: text });
      expect(await echoOf({ [text]: [text] })).toMatchObject({
        value: { [text]: [text] },
      });
    },
  );

  it("are the same on the other side, whatever they are", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue({ stringUnit: "binary" }),
        async (value) => {
          // What JSON says of it: there is no -0 in it.
          const input = JSON.parse(JSON.stringify(value)) as Json;
          expect(await echoOf(input)).toMatchObject({ value: input });
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([0, -0, 1e21, 1.5e-7, -1 / 3, Number.MAX_SAFE_INTEGER, 5e-324])(
    "hold numbers as JSON does: %d",
    async (number) => {
      const program = programOf(
        `() => ${Object.is(number, -0) ? "-0" : number}`,
      );
      const result = evaluateIn(await shared, { ...DEFAULTS, program, fn });
      expect(result).toMatchObject({ value: number + 0 });
    },
  );

  it("name steps in any script", async () => {
    const program = await programFrom(
      `import { workflow } from "lockstep"; export default workflow({}).code("größe 大", () => "found").code("b", () => "other");`,
    );
    for (let i = 0; i < 3; i += 1)
      expect(
        evaluateIn(await shared, {
          ...DEFAULTS,
          program,
          fn: { path: "größe 大", slot: "run" },
        }),
      ).toMatchObject({ value: "found" });
  });
});

describe("a function that is called again and again", () => {
  it("takes no more memory than the first times", async () => {
    const engine = await createEngine();
    const sandbox = new SnapshotSandbox(engine);
    const call = (input: string) =>
      evaluateIn(sandbox, {
        ...DEFAULTS,
        program: ECHO,
        fn,
        scope: { input, steps: {} },
      });
    for (let i = 0; i < 3; i += 1) call("x".repeat(100_000));
    const bytes = memoryOf(engine).byteLength;
    for (let i = 0; i < 100; i += 1) call("y".repeat(100_000));
    expect(memoryOf(engine).byteLength).toBe(bytes);
  });

  it("throws its own error each time, and works in between", async () => {
    const program = programOf(
      "({ input }) => { if (input === 'bad') throw new RangeError('no: ' + input); return input; }",
    );
    const sandbox = await createSandbox();
    const call = (input: string) =>
      evaluateIn(sandbox, {
        ...DEFAULTS,
        program,
        fn,
        scope: { input, steps: {} },
      });
    for (let i = 0; i < 4; i += 1) {
      expect(call("bad")).toMatchObject({
        kind: "failed",
        error: { name: "RangeError", message: "no: bad", code: "user_error" },
      });
      expect(call("good")).toMatchObject({ kind: "ok", value: "good" });
    }
  });
});
