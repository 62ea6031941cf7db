/** Definitions that are wrong: each is refused, or warned of, where it is written, with what would be right. */
import { describe, expect, it } from "vitest";
import { compile } from "./compile";
import type { Diagnostic } from "./diagnostics";

const source = (options: string, steps: string) =>
  `import { workflow, z } from "lockstep";\nexport default workflow(${options})\n${steps};`;

async function errorsOf(
  steps: string,
  options = "",
): Promise<readonly Diagnostic[]> {
  const result = await compile(source(options, steps));
  expect(result.ok).toBe(false);
  return result.diagnostics;
}

type Case = [what: string, steps: string, message: RegExp, line: number];

async function expectRefused([, steps, message, line]: Case) {
  const [first] = await errorsOf(steps);
  expect(first?.message).toMatch(message);
  expect(first?.line).toBe(line);
}

const BLOCK = `(f) => f.code("a", () => 1)`;

describe("names that collide", () => {
  it.each<Case>([
    ["in a row", `.code("a", () => 1)\n.http("a", {})`, /already a step/, 4],
    [
      "within a block",
      `.loop("l", { times: 1, do: (f) => f.code("a", () => 1)\n.code("a", () => 2) })`,
      /already a step called "a"/,
      4,
    ],
    [
      "of both branches of a condition",
      `.condition("c", { if: () => 1, then: ${BLOCK}, else: ${BLOCK} })`,
      /Both branches/,
      3,
    ],
  ])("%s are refused", async (...one) => {
    await expectRefused(one);
  });

  it("are none in blocks of their own, and keep their own outputs", async () => {
    const result = await compile(
      source(
        "",
        `.parallel("p", { x: ${BLOCK}, y: ${BLOCK} })\n.code("a", () => 1)`,
      ),
    );
    expect(result).toMatchObject({ ok: true, diagnostics: [] });
  });
});

describe("a duration", () => {
  it.each([
    "-1",
    '"-5s"',
    "NaN",
    "Infinity",
    '"367d"',
    '"9999999999d"',
    '"5 weeks"',
    '"1h30m"',
    '""',
    "null",
    "true",
    "() => 5",
  ])("of %s is refused, and shown", async (duration) => {
    const [first] = await errorsOf(`\n.delay("d", ${duration})`);
    expect(first).toMatchObject({
      line: 4,
      message: expect.stringMatching(
        /^duration is .+, which is not a duration: write "250ms"/,
      ) as string,
    });
  });

  it.each(["0", '"0s"', '"0.4ms"'])(
    "of %s is no time for a step or a run to end in",
    async (timeout) => {
      const message = /timeout must be more than 0/;
      const step = `.code("a", () => 1, { timeout: ${timeout} })`;
      await expectRefused(["", step, message, 3]);
      const wait = `.waitForEvent("w", { event: "a.b", timeout: ${timeout} })`;
      await expectRefused(["", wait, message, 3]);
      const [first] = await errorsOf(
        `.code("a", () => 1)`,
        `{ timeout: ${timeout} }`,
      );
      expect(first?.message).toMatch(message);
    },
  );

  it.each(["0", '"366d"', "0.4"])("of %s may be slept", async (duration) => {
    const compiled = await compile(source("", `.delay("d", ${duration})`));
    expect(compiled.ok).toBe(true);
  });
});

describe("a misspelled option", () => {
  it.each<Case>([
    [
      "of a step",
      `.action("a", () => 1, { timout: "5s" })`,
      /no option "timout" here; there are run, retry, timeout, onError/,
      3,
    ],
    [
      "of a retry",
      `.http("a", { request: () => ({ url: "u" }), retry: { max: 3 } })`,
      /retry: There is no option "max"/,
      3,
    ],
    [
      "of a loop",
      `.loop("l", { times: 1, concurency: 3, do: ${BLOCK} })`,
      /no option "concurency"/,
      3,
    ],
    [
      "of an approval",
      `.approval("a", { title: () => "?", aprovers: ["owner"] })`,
      /no option "aprovers"/,
      3,
    ],
    [
      "of a wait",
      `.waitForEvent("w", { event: "a.b", mach: () => ({}) })`,
      /no option "mach"/,
      3,
    ],
    [
      "of a sub-workflow",
      `.run("r", { workflow: "a-b", inputs: {} })`,
      /no option "inputs"/,
      3,
    ],
  ])("%s is refused with those there are", async (...one) => {
    await expectRefused(one);
  });

  it.each(["timout", "concurency", "debunce", "inputs"])(
    "of the workflow, %s, is refused too",
    async (name) => {
      const [first] = await errorsOf(`.code("a", () => 1)`, `{ ${name}: 1 }`);
      expect(first?.message).toMatch(`There is no option "${name}" here`);
      expect(first?.line).toBe(2);
    },
  );

  it("of a method says so where it is called", async () => {
    const [first] = await errorsOf(`\n.htpp("a", {})`);
    expect(first?.message).toMatch(/not a function/);
    expect(first?.line).toBe(4);
  });
});

describe("what is forgotten", () => {
  it.each<Case>([
    [
      "a return of a block",
      `.loop("l", { times: 1, do: (f) => { f.code("a", () => 1); } })`,
      /do must be a function that returns the flow/,
      3,
    ],
    [
      "the function of a step",
      `.code("a", 1)`,
      /What code does must be a function/,
      3,
    ],
    ["the request", `.http("a", { url: "u" })`, /no option "url"|request/, 3],
    ["a call", `.code("a", () => 1).output`, /not a flow/, 1],
  ])("%s is missed", async (...one) => {
    await expectRefused(one);
  });
});

describe("a step that is read where it is not known", () => {
  const warningsOf = async (steps: string) => {
    const result = await compile(source("", steps));
    expect(result.ok).toBe(true);
    return result.diagnostics;
  };

  it.each([
    [
      "misspelled",
      `.code("order", () => 1)\n.code("b", ({ steps }) => steps.ordr)`,
      /^steps\.ordr is undefined here: .*\(there are order\)/,
    ],
    [
      "later",
      `.code("a", () => 1)\n.code("b", ({ steps: { c } }) => c)\n.code("c", () => 1)`,
      /^steps\.c is undefined here/,
    ],
    [
      "itself",
      `.code("a", () => 1)\n.code("b", ({ steps }) => steps.b)`,
      /^steps\.b is undefined here/,
    ],
    [
      "in a block that is over",
      `.condition("c", { if: () => 1, then: ${BLOCK} })\n.output(({ steps }) => steps.a)`,
      /^steps\.a is undefined here: .*\(there are c\)/,
    ],
  ])("%s is warned of, at the step", async (_what, steps, message) => {
    const [first, ...others] = await warningsOf(steps);
    expect(others).toEqual([]);
    expect(first).toMatchObject({ severity: "warning", line: 4 });
    expect(first?.message).toMatch(message);
  });

  it("is no warning where it is known, or cannot be told", async () => {
    expect(
      await warningsOf(
        `.code("a b", () => 1)\n.loop("l", { times: 1, do: (f) => f.code("x", ({ steps }) => steps["a b"]).code("y", ({ steps }) => steps.x) })\n.code("z", ({ steps, input }) => steps[input.name])`,
      ),
    ).toEqual([]);
  });
});
