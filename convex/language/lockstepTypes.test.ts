import { describe, expect, it } from "vitest";
import { typeErrors as errorsIn } from "../../tests/support/language/check-types";
import { EXAMPLE } from "../../tests/support/language/example";

const flow = (steps: string) =>
  `import { workflow, z, secret } from "lockstep";\nexport default workflow({ input: z.object({ n: z.number(), s: z.string().optional() }) })${steps};`;

describe("the types of the language", () => {
  it("accept the example of the language page", () => {
    expect(errorsIn(EXAMPLE)).toEqual([]);
  }, 30_000);

  it("know input, error and run in onFailure, and nothing of them elsewhere", () => {
    const typed = (onFailure: string, steps = `.code("a", () => 1)`) =>
      errorsIn(
        `import { workflow, z } from "lockstep";\nexport default workflow({ input: z.object({ s: z.string() }), onFailure: (flow) => flow${onFailure} })${steps};`,
      ).join("\n");
    const all = `.code("a", ({ input, error, run }) => [input.s.length, error.message, error.step?.length, error.http?.status, run.number + 1])
      .loop("l", { each: ({ steps }) => steps.a, do: (f) => f.action("b", async ({ item, error, input, log }) => log(item, error.code, input.s)) })
      .http("c", { request: ({ error }) => ({ url: error.name }) })`;
    expect(typed(all)).toBe("");
    expect(typed(`.code("a", ({ input }) => input.nope)`)).toMatch(/nope/);
    expect(typed(`.code("a", ({ error }) => error.nope)`)).toMatch(/nope/);
    expect(
      typed(`.code("b", ({ steps }) => steps.a)`, `.code("a", () => 1)`),
    ).toMatch(/'a'/);
    expect(
      typed(`.code("b", () => 1)`, `.code("a", ({ error }) => error)`),
    ).toMatch(/'error'/);
    expect(typed(` && 1`)).toMatch(/number/);
  }, 60_000);

  it("know what steps for a timeout give", () => {
    const waits = `.approval("boss", { title: "?", form: z.object({ n: z.number() }), timeout: "1h", onTimeout: (f) => f.code("x", ({ input }) => ({ late: input.n })) })
      .waitForEvent("e", { event: "x", data: z.object({ id: z.number() }), timeout: "1h", onTimeout: (f) => f.code("y", ({ steps }) => steps.boss.approved) })`;
    const read = `.code("a", ({ steps }) => [steps.boss.result?.late, steps.boss.values?.n, steps.e.timedOut ? steps.e.result === true : steps.e.data.id + 1])`;
    expect(errorsIn(flow(waits + read)).join("\n")).toBe("");
    for (const [wrong, message] of [
      [`({ steps }) => steps.boss.result.late`, /null/],
      [`({ steps }) => steps.e.data.id`, /data/],
    ] as const)
      expect(errorsIn(flow(`${waits}.code("a", ${wrong})`)).join("\n")).toMatch(
        message,
      );
  }, 60_000);

  it("know the input in the options about when runs start", () => {
    const typed = (options: string) =>
      errorsIn(
        `import { workflow, z } from "lockstep";\nexport default workflow({ input: z.object({ s: z.string(), n: z.number() }), ${options} }).code("a", ({ input }) => input.s);`,
      );
    expect(
      typed(
        `concurrency: { limit: 1, key: ({ input }) => input.s, strategy: "cancel-oldest" }, rateLimit: { limit: 1, period: "1m", strategy: "drop" }, debounce: { period: 5, key: ({ input }) => input.s, maxWait: "1h" }, idempotencyKey: ({ input }) => input.s, idempotencyWindow: "1d", priority: 3`,
      ),
    ).toEqual([]);
    const wrong = [
      `concurrency: { limit: 1, key: ({ input }) => input.n }`,
      `concurrency: { limit: 1, key: ({ input }) => input.nope }`,
      `rateLimit: { limit: 1 }`,
      `rateLimit: { limit: 1, period: "1m", strategy: "cancel-oldest" }`,
      `idempotencyKey: ({ input }) => input.n`,
    ];
    for (const options of wrong) expect(typed(options)).toHaveLength(1);
  }, 30_000);

  it("accept every kind of step", () => {
    const source = flow(`
      .code("a", ({ input }) => ({ at: new Date(), n: input.n + 1 }))
      .code("b", ({ steps }) => steps.a.at.toUpperCase() + steps.a.n.toFixed())
      .action("c", async ({ fetch, secrets, log }) => { log("x"); const r = await fetch("u", { headers: { k: await secrets.get("K") } }); return (await r.json()).id as string; })
      .loop("l", { times: 3, do: (f) => f.code("x", ({ item }) => item.toFixed()) })
      .loop("w", { while: ({ last, index }) => index < 3 && last !== 1, do: (f) => f.code("x", () => 1) })
      .delay("d", { until: ({ steps }) => steps.a.at })
      .waitForEvent("e", { event: "order.paid", data: z.object({ id: z.number(), to: z.object({ city: z.string() }) }), match: ({ input }) => ({ id: input.n, to: {} }), timeout: "1h", onTimeout: "continue" })
      .code("late", ({ steps }) => (steps.e === null ? "late" : steps.e.data.to.city.toUpperCase()))
      .approval("boss", { title: ({ input }) => "Refund " + input.n, details: ({ steps }) => steps.a, form: z.object({ amount: z.number() }), approvers: ["admin", "boss@example.com"], quorum: 2, timeout: "3d", onTimeout: "reject" })
      .code("refund", ({ steps }) => (steps.boss.approved ? steps.boss.values?.amount.toFixed() : steps.boss.votes[0]?.note.trim()))
      .waitForEvent("any", { event: "x" })
      .code("known", ({ steps }) => [steps.any.at.length, steps.any.data.whatever])
      .condition("q", { if: () => true, then: (f) => f.fail("stop", ({ input }) => input.s ?? "no") })
      .http("h", { request: () => ({ url: "u", headers: { a: \`Bearer \${secret("K")}\`, b: secret("L") } }) })
      .switch("r", {
        on: ({ input }) => input.s,
        cases: {
          gold: (f) => f.code("x", ({ steps }) => steps.a.n).code("y", ({ steps }) => steps.x * 2),
          404: (f) => f.code("x", () => "not found"),
        },
        default: (f) => f.stop("nothing to do", { done: false }),
      })
      .code("r1", ({ steps: { r } }) => (r.branch === "gold" ? r.result.toFixed() : r.branch === "404" ? r.result.toUpperCase() : "no"))
      .parallel("p", {
        a: (f) => f.code("x", () => 1),
        b: (f) => f.http("y", { request: () => ({ url: "u" }), response: z.object({ id: z.string() }) }),
      }, { onError: "continue" })
      .code("p1", ({ steps: { p } }) => p.a.toFixed() + p.b.body.id.toUpperCase())
      .loop("each", { times: 2, do: (f) => f.parallel("q", {
        a: (f) => f.delay("d", "1s").code("x", ({ item }) => item.toFixed()),
        b: (f) => f.code("y", () => 7),
      }, { mode: "race" }) })
      .code("p2", ({ steps }) => steps.each.map((q) => (q.branch === "a" ? q.result.length : q.result + 1)))
      .condition("enough", { if: () => true, then: (f) => f.stop("early", ({ steps }) => steps.p2.length) })
      .output(({ steps }) => steps.l[0]?.toUpperCase())`);
    expect(errorsIn(source)).toEqual([]);
  }, 30_000);

  it.each([
    ["an unknown step", `.code("a", ({ steps }) => steps.nope)`, /nope/],
    [
      "a value of the wrong type",
      `.code("a", ({ input }) => input.n.toUpperCase())`,
      /toUpperCase/,
    ],
    [
      "a second step of the same name",
      `.code("a", () => 1).code("a", () => 2)`,
      /DuplicateStepName/,
    ],
    [
      "an event that may not have come",
      `.waitForEvent("e", { event: "x", timeout: "1s", onTimeout: "continue" }).code("a", ({ steps }) => steps.e.data)`,
      /null/,
    ],
    [
      "a match that is not of the data",
      `.waitForEvent("e", { event: "x", data: z.object({ id: z.number() }), match: () => ({ id: "7" }) })`,
      /string/,
    ],
    [
      "a field that the event's data has not",
      `.waitForEvent("e", { event: "x", data: z.object({ id: z.number() }) }).code("a", ({ steps }) => steps.e.data.name)`,
      /name/,
    ],
    [
      "an approver that is neither role nor address",
      `.approval("e", { title: "?", approvers: ["nobody"] })`,
      /nobody/,
    ],
    ["a bad duration", `.delay("a", "1 fortnight")`, /fortnight/],
    [
      "an item outside of a loop",
      `.code("a", ({ item }) => item.x)`,
      /undefined/,
    ],
    [
      "an optional input used as if it were there",
      `.code("a", ({ input }) => input.s.length)`,
      /undefined/,
    ],
    [
      "a switch on a list",
      `.switch("a", { on: () => [1], cases: { x: (f) => f.code("y", () => 1) } })`,
      /number\[\]/,
    ],
    [
      "a case that gives no flow",
      `.switch("a", { on: () => 1, cases: { x: () => 1 } })`,
      /number/,
    ],
    [
      "a branch that reads another branch",
      `.parallel("a", { x: (f) => f.code("p", () => 1), y: (f) => f.code("q", ({ steps }) => steps.p) })`,
      /'p'/,
    ],
    [
      "the branches of a race as if all had ended",
      `.parallel("a", { x: (f) => f.code("p", () => 1) }, { mode: "race" }).code("b", ({ steps }) => steps.a.x)`,
      /'x'/,
    ],
    [
      "an unknown mode",
      `.parallel("a", { x: (f) => f.code("p", () => 1) }, { mode: "some" })`,
      /some/,
    ],
    [
      "a request without a url",
      `.http("a", { request: () => ({ method: "GET" }) })`,
      /url/,
    ],
  ])(
    "refuse %s",
    (_what, steps, expected) => {
      expect(errorsIn(flow(steps)).join("\n")).toMatch(expected);
    },
    30_000,
  );
});
