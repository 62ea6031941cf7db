/** Each trick, in a pure function and in an action: contained, the host as it was, and what comes after unaffected. */
import { describe, expect, it } from "vitest";
import { TRICKS } from "../../tests/support/language/escape-tricks";
import {
  DEFAULTS,
  evaluateCode,
  programOf,
} from "../../tests/support/language/evaluate-source";
import { runAction } from "./action";
import type { ActionResult } from "./evaluation";
import { evaluate } from "./sandbox";

const PROBE = `() => [
  Object.keys(globalThis).length, typeof leaked, ({}).polluted, [].polluted, [9][0], [...[1, 2]].length,
  JSON.stringify({ a: [1] }), JSON.parse("[1]")[0], [3, 1, 2].sort().join(), /a/.test("b"), typeof Object.freeze,
  Object.isFrozen(Object.prototype), String(undefined), new Error("x").message, ({}).kind ?? "none",
]`;
const UNTOUCHED = [
  ...[0, "undefined", null, null, 9, 2, '{"a":[1]}', 1, "1,2,3", false],
  ...["function", false, "undefined", "x", "none"],
];

/** What user code could have changed if it had got at this process. */
function hostState(): unknown {
  const builtIns = [
    Object,
    Array,
    Function,
    String,
    Promise,
    Error,
    JSON,
    Math,
  ];
  const shapes = builtIns.map((builtIn) => [
    Reflect.ownKeys(builtIn),
    "prototype" in builtIn ? Reflect.ownKeys(builtIn.prototype) : [],
    Object.isFrozen(builtIn),
  ]);
  const left = Reflect.get(globalThis, "leaked") as unknown;
  return [shapes, left, JSON.stringify({ a: 1 }), process.exitCode];
}

function inAction(body: string): Promise<ActionResult> {
  const program = `const { workflow } = $lockstep;\n$default = workflow().action("a", async ({ fetch, secrets, log }) => { ${body} })`;
  return runAction(
    { program, fn: { path: "a", slot: "run" }, ...DEFAULTS },
    {
      fetch: () => Promise.reject(new Error("refused")),
      secret: () => Promise.reject(new Error("refused")),
      log: () => undefined,
      stream: () => undefined,
      signal: new AbortController().signal,
    },
  );
}

async function expectUntouched(): Promise<void> {
  const untouched = { kind: "ok", value: UNTOUCHED, logs: [] };
  expect(await evaluateCode(PROBE)).toEqual(untouched);
  // Another workflow in the same image, and another action.
  const other = programOf(PROBE, "const other = [1, 2, 3].map(String);");
  const fn = { path: "a", slot: "run" } as const;
  expect(await evaluate({ program: other, fn, ...DEFAULTS })).toEqual(
    untouched,
  );
  expect(await inAction(`return (${PROBE})()`)).toMatchObject({
    kind: "ok",
    value: UNTOUCHED,
  });
}

/** What ends in a mistake of ours would have code `internal`. */
function expectContained(result: unknown): void {
  const text = JSON.stringify(result);
  expect(text).not.toMatch(
    /"code":"internal"|QuickJSUseAfterFree|RuntimeError/,
  );
  expect(text).not.toContain(`"${process.pid}"`);
  expect(text).not.toContain("node:");
}

describe("a trick to get out of the sandbox", () => {
  it("is one of at least sixty", () => {
    expect(TRICKS.length).toBeGreaterThanOrEqual(60);
    expect(new Set(TRICKS.map(([what]) => what)).size).toBe(TRICKS.length);
  });

  it.each(TRICKS)("%s: contained", async (_what, body) => {
    const before = hostState();
    expectContained(await evaluateCode(`() => { ${body} }`));
    expectContained(await inAction(body));
    expect(hostState()).toEqual(before);
    await expectUntouched();
  });
});
