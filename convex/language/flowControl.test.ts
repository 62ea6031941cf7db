import { describe, expect, it } from "vitest";
import { compile } from "./compile";
import type { FlowSlot } from "./graph";
import { evaluate } from "./sandbox";

const source = (options: string) =>
  `import { workflow, z } from "lockstep";\nexport default workflow({\n  ${options}\n})\n  .code("a", () => 1);`;

async function flowOf(options: string) {
  const result = await compile(source(options));
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  return result.graph.flow;
}

describe("flow control of a workflow", () => {
  it("is not in the graph of a workflow that says nothing about it", async () => {
    expect(await flowOf(`timeout: "1h"`)).toBeUndefined();
  });

  it("is in the graph with what is left out filled in", async () => {
    expect(
      await flowOf(
        `concurrency: { limit: 2 }, rateLimit: { limit: 10, period: "1m" }, debounce: { period: "5s" }`,
      ),
    ).toEqual({
      concurrency: { limit: 2, hasKey: false, strategy: "queue" },
      rateLimit: {
        limit: 10,
        periodMs: 60_000,
        hasKey: false,
        strategy: "queue",
      },
      debounce: { periodMs: 5_000, maxWaitMs: null, hasKey: false },
      idempotency: null,
      priority: 0,
    });
  });

  it("is in the graph as it was given", async () => {
    expect(
      await flowOf(
        `concurrency: { limit: 1, key: ({ input }) => input.a, strategy: "cancel-oldest" },
        rateLimit: { limit: 1, period: 1500, key: ({ input }) => input.a, strategy: "drop" },
        debounce: { period: "1s", key: ({ input }) => input.a, maxWait: "1s" },
        idempotencyKey: ({ input }) => input.id, idempotencyWindow: "2h", priority: -5`,
      ),
    ).toEqual({
      concurrency: { limit: 1, hasKey: true, strategy: "cancel-oldest" },
      rateLimit: { limit: 1, periodMs: 1_500, hasKey: true, strategy: "drop" },
      debounce: { periodMs: 1_000, maxWaitMs: 1_000, hasKey: true },
      idempotency: { hasKey: true, windowMs: 7_200_000 },
      priority: -5,
    });
  });

  it.each<[FlowSlot, string]>([
    ["concurrency.key", "concurrency"],
    ["rateLimit.key", "rate"],
    ["debounce.key", "debounce"],
    ["idempotencyKey", "idempotency"],
  ])("has %s as a function of the input", async (slot, value) => {
    const key = (name: string) => `({ input }) => "${name} of " + input.id`;
    const compiled = await compile(
      source(`concurrency: { limit: 1, key: ${key("concurrency")} },
      rateLimit: { limit: 1, period: "1s", key: ${key("rate")} },
      debounce: { period: "1s", key: ${key("debounce")} },
      idempotencyKey: ${key("idempotency")}`),
    );
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
    const result = await evaluate({
      program: compiled.program,
      fn: { path: "", slot },
      scope: { input: { id: "7" }, steps: {} },
      seed: "",
      nowMs: 0,
    });
    expect(result).toMatchObject({ kind: "ok", value: `${value} of 7` });
  });

  const atOnce = /limit must be a whole number from 1 to 1000/;
  const notLong = /(period|Window) must be longer than nothing/;
  it.each([
    ["concurrency: { limit: 0 }", 18, atOnce],
    ["concurrency: { limit: -1 }", 18, atOnce],
    ["concurrency: { limit: 1.5 }", 18, atOnce],
    ["concurrency: { limit: 1e9 }", 18, atOnce],
    ["concurrency: { limit: NaN }", 18, atOnce],
    [`concurrency: { limit: "3" }`, 18, atOnce],
    ["concurrency: { limit: () => 3 }", 18, atOnce],
    ["concurrency: {}", 3, /concurrency: limit is missing/],
    ["concurrency: 3", 3, /concurrency must be an object/],
    ["concurrency: () => 3", 3, /concurrency must be an object/],
    [`concurrency: { limit: 1, key: "a" }`, 28, /key must be a function/],
    [`concurrency: { limit: 1, strategy: "wait" }`, 28, /"queue" or "drop"/],
    ["concurrency: { limit: 1, per: 2 }", 3, /no option "per"/],
    [`rateLimit: { limit: 1 }`, 3, /period is missing/],
    [`rateLimit: { limit: 0, period: "1s" }`, 16, atOnce],
    [`rateLimit: { limit: 1, period: 0 }`, 26, notLong],
    [`rateLimit: { limit: 1, period: "-1s" }`, 26, /not a duration/],
    [`rateLimit: { limit: 1, period: "400d" }`, 26, /not a duration/],
    [
      `rateLimit: { limit: 1, period: "1s", strategy: "cancel-oldest" }`,
      40,
      /"queue" or "drop"/,
    ],
    ["debounce: { period: 0 }", 15, notLong],
    [`debounce: { period: -5 }`, 15, /not a duration/],
    [`debounce: { period: "1m", maxWait: "59s" }`, 29, /not be shorter/],
    [`idempotencyKey: "order"`, 3, /idempotencyKey must be a function/],
    [`idempotencyWindow: 0`, 3, notLong],
    [`priority: 101`, 3, /priority must be a whole number from -100 to 100/],
    [`priority: "high"`, 3, /priority must be a whole number/],
  ])(
    "is refused with %s, where it stands",
    async (options, column, message) => {
      expect(await compile(source(options))).toMatchObject({
        ok: false,
        diagnostics: [
          { line: 3, column, message: expect.stringMatching(message) },
        ],
      });
    },
  );

  it("is refused at the call when the options are not written there", async () => {
    const text = `import { workflow } from "lockstep";\nconst options = { concurrency: { limit: 0 } };\nexport default workflow(options).code("a", () => 1);`;
    expect(await compile(text)).toMatchObject({
      ok: false,
      diagnostics: [{ line: 3, message: expect.stringMatching(atOnce) }],
    });
  });
});
