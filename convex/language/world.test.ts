import { describe, expect, it } from "vitest";
import {
  DEFAULTS,
  programFrom,
  programOf,
} from "../../tests/support/language/evaluate-source";
import type { EvaluateRequest } from "./evaluation";
import { evaluateIn } from "./sandbox";
import { createSandbox } from "./snapshotSandbox";

const LOOK =
  "({ input }) => input ? [Math.random(), Math.random(), Date.now(), new Date().getTime(), Date(), new Date(5).getTime()] : null";

function request(
  at: { seed: string; nowMs: number },
  input: boolean,
): EvaluateRequest {
  const fn = { path: "a", slot: "run" as const };
  const scope = { input, steps: {} };
  return { ...at, scope, fn, program: programOf(LOOK) };
}

const MOMENTS = [
  { seed: "one", nowMs: 1_700_000_000_000 },
  { seed: "two", nowMs: 1_700_000_000_000 },
  { seed: "one", nowMs: 1_800_000_000_000 },
  { seed: "", nowMs: 0 },
];

describe("what a function sees of the world", () => {
  it("is its own evaluation's, whoever looked before it and whoever did not", async () => {
    const sandbox = await createSandbox();
    for (const at of [...MOMENTS, ...MOMENTS, ...MOMENTS]) {
      const alone = evaluateIn(await createSandbox(), request(at, true));
      evaluateIn(sandbox, request({ seed: "other", nowMs: 1 }, false));
      expect(evaluateIn(sandbox, request(at, true))).toEqual(alone);
      expect(alone).toMatchObject({
        value: [
          ...[expect.any(Number), expect.any(Number), at.nowMs, at.nowMs],
          ...[expect.any(String), 5],
        ],
      });
    }
  });

  it("goes on with chance where the program's top level stopped", async () => {
    const sandbox = await createSandbox();
    const call = (before: string, body: string) =>
      evaluateIn(sandbox, {
        ...DEFAULTS,
        program: programOf(body, before),
        fn: { path: "a", slot: "run" },
      });
    const both = call("", "() => [Math.random(), Math.random()]");
    for (let i = 0; i < 4; i += 1)
      expect(
        call("const top = Math.random();", "() => [top, Math.random()]"),
      ).toEqual(both);
  });

  it("can still be seen when a first look failed for want of stack", async () => {
    const sandbox = await createSandbox();
    const wide = Array.from({ length: 500 }, (_, i) => `v${i} = ${i}`).join();
    const program = programOf(
      `() => { let caught = 0; const dive = () => { let ${wide}; try { dive(); } catch { caught += 1; } return Math.random() + v9; }; return [typeof dive(), Date.now(), caught > 0]; }`,
    );
    for (let i = 0; i < 3; i += 1)
      expect(
        evaluateIn(sandbox, {
          ...DEFAULTS,
          program,
          fn: { path: "a", slot: "run" },
        }),
      ).toMatchObject({ value: ["number", DEFAULTS.nowMs, true] });
  });
});

describe("a secret in a text", () => {
  const source = (request: string) =>
    `import { secret, workflow } from "lockstep"; let kept = ""; export default workflow({}).http("a", { request: ${request} }).code("b", ({ input }) => input);`;
  const fn = { path: "a", slot: "request" as const };

  it("is a placeholder again each time, and never text", async () => {
    const sandbox = await createSandbox();
    const program = await programFrom(
      source("() => ({ url: 'https://x/' + secret('KEY') + '?' })"),
    );
    for (let i = 0; i < 4; i += 1)
      expect(evaluateIn(sandbox, { ...DEFAULTS, program, fn })).toMatchObject({
        value: { url: { $template: ["https://x/", { $secret: "KEY" }, "?"] } },
      });
  });

  it("cannot be named by what an earlier evaluation saw of its token", async () => {
    const sandbox = await createSandbox();
    const program = await programFrom(
      source(
        "({ input }) => { if (input.length === 0) throw new Error([...String(secret('KEY'))].map((c) => c.charCodeAt(0)).join()); secret('OTHER').toString(); return { url: input }; }",
      ),
    );
    const call = (input: string) =>
      evaluateIn(sandbox, {
        ...DEFAULTS,
        ...{ program, fn },
        scope: { input, steps: {} },
      });
    const tokens = new Set<string>();
    for (let i = 0; i < 4; i += 1) {
      const shown = call("");
      const codes = shown.kind === "failed" ? shown.error.message : "";
      const token = String.fromCharCode(...codes.split(",").map(Number));
      tokens.add(token);
      expect(token).toContain("KEY");
      expect(call(token)).toMatchObject({ value: { url: token } });
    }
    expect(tokens.size).toBe(4);
  });
});
