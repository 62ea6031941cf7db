import { describe, expect, it } from "vitest";
import { api } from "../_generated/api";
import { json } from "../../tests/support/answering-server";
import { useExecutorInProcess } from "../../tests/support/executor/use-executor";

const executor = useExecutorInProcess();

const outputOf = async (chain: string, input?: unknown) =>
  await executor.outputOf(await executor.publishAndStart(chain, input));

describe("a chain of pure steps", () => {
  it("is over when its start returns: one transaction", async () => {
    const runId = await executor.publishAndStart(`()
      .code("a", () => 1)
      .code("b", ({ steps }) => steps.a + 1)
      .code("c", ({ steps }) => steps.a + steps.b)
      .output(({ steps }) => steps)`);
    const run = await executor.run(runId);
    expect(run.state).toEqual({ kind: "completed" });
    expect(run.endedAt).toBe(run.createdAt);
    expect(await executor.value(run.output)).toEqual({ a: 1, b: 2, c: 3 });
  });

  it("stops at the step that throws, and says where in the source", async () => {
    const { runId, state, error } = await executor.failureOf(`()
      .code("a", () => 1)
      .code("b", () => {
        throw new Error("no luck");
      })
      .code("c", () => 3)`);
    expect(await executor.states(runId)).toEqual({
      a: "completed",
      b: "failed",
    });
    expect(state).toMatchObject({
      error: { name: "Error", message: "no luck", stepKey: "b" },
    });
    expect(error).toMatchObject({ code: "user_error", frames: [{ line: 5 }] });
  });

  it("ends with the message of a fail step", async () => {
    const { error } = await executor.failureOf(
      `({ input: z.object({ n: z.number() }) }).fail("stop", ({ input }) => "too many: " + input.n)`,
      { n: 7 },
    );
    expect(error).toMatchObject({
      code: "failed_by_step",
      message: "too many: 7",
    });
  });

  it("goes on after a step that may fail, which has no output", async () => {
    expect(
      await outputOf(`()
      .code("a", () => { throw new Error("no") }, { onError: "continue" })
      .code("b", ({ steps }) => [steps.a])
      .output(({ steps }) => steps.b)`),
    ).toEqual([null]);
  });

  it("fails when its output function throws", async () => {
    const { runId, state } = await executor.failureOf(
      `().code("a", () => 1).output(() => { throw new Error("no output") })`,
    );
    expect(await executor.states(runId)).toEqual({ a: "completed" });
    expect(state).toMatchObject({
      error: { message: "no output", stepKey: null },
    });
  });

  it("refuses an input that does not match, and starts nothing", async () => {
    const workflowId = await executor.publish(
      `({ input: z.object({ n: z.number() }) }).code("a", () => 1)`,
    );
    await expect(executor.start(workflowId, { n: "x" })).rejects.toThrow(
      /invalid_input/,
    );
    const { page } = await executor.client.query(api.workflowRuns.list, {
      organizationId: executor.organizationId,
      workflowId,
      paginationOpts: { numItems: 1, cursor: null },
    });
    expect(page).toEqual([]);
  });
});

describe("what user code gives", () => {
  it.each([
    ["undefined", null],
    ["-0", 0],
    ["new Date(0)", "1970-01-01T00:00:00.000Z"],
    ["({ a: undefined, b: [undefined] })", { b: [null] }],
    [
      '({ ["__proto__"]: 1, constructor: 2 })',
      { ["__proto__"]: 1, constructor: 2 },
    ],
    ['"\\uD800"', "\uD800"],
  ])("%s is stored as %j", async (code, value) => {
    expect(
      await outputOf(
        `().code("a", () => (${code})).output(({ steps }) => steps.a)`,
      ),
    ).toEqual(value);
  });

  it.each([
    ["a string", `throw "just text"`, /just text/],
    ["nothing", "throw undefined", /undefined/],
    ["an object with getters", `throw { get message() { throw 1 } }`, /./],
    ["a cycle", "const a = {}; a.a = a; return a", /./],
    ["a bigint", "return 1n", /./],
    ["a loop without end", "for (;;);", /./],
  ])("%s fails the step with a reason", async (_, body, reason) => {
    const { runId, error } = await executor.failureOf(
      `().code("a", () => { ${body} }).code("b", () => 1)`,
    );
    expect(error?.message).toMatch(reason);
    expect(await executor.states(runId)).toEqual({ a: "failed" });
  });

  it("may be large: it is stored as a file, and later steps read it", async () => {
    const runId = await executor.publishAndStart(`()
      .code("big", () => "x".repeat(3 * 1024 * 1024))
      .code("size", ({ steps }) => steps.big.length)
      .output(({ steps }) => steps.size)`);
    expect(await executor.outputOf(runId)).toBe(3 * 1024 * 1024);
    const { output } = await executor.step(runId, "big");
    expect(output?.bytes).toBe(3 * 1024 * 1024 + 2);
    expect(output?.preview.length).toBeLessThanOrEqual(200);
    expect(await executor.value(output)).toHaveLength(3 * 1024 * 1024);
  });

  it("may be logged", async () => {
    const runId = await executor.publishAndStart(
      `().code("a", () => { console.warn("careful", { n: 1 }); })`,
    );
    await executor.untilEnded(runId);
    const step = await executor.step(runId, "a");
    expect(await executor.attempts(step)).toMatchObject([
      { number: 1, status: "completed" },
    ]);
    expect(await executor.lines(step)).toMatchObject([
      { level: "warn", text: 'careful {"n":1}' },
    ]);
  });

  it("may be logged by a loop in every iteration, in one attempt", async () => {
    const runId = await executor.publishAndStart(`()
      .loop("again", {
        while: ({ index }) => { console.log("asked", index); return index < 300; },
        do: (flow) => flow.code("x", () => 1),
      })`);
    await executor.untilEnded(runId);
    const step = await executor.step(runId, "again");
    expect(await executor.attempts(step)).toHaveLength(1);
    const lines = await executor.lines(step);
    expect(lines.map(({ index }) => index)).toEqual([
      ...Array.from({ length: 301 }).keys(),
    ]);
  });
});

describe("a condition", () => {
  const chain = `({ input: z.object({ n: z.number() }) })
    .condition("large", {
      if: ({ input }) => input.n > 10,
      then: (flow) => flow.code("a", () => "first").code("b", ({ steps }) => steps.a + " second"),
      else: (flow) => flow.code("c", () => "small"),
    })
    .output(({ steps }) => steps.large)`;

  it.each([
    [
      11,
      { branch: "then", result: "first second" },
      ["large", "large/a", "large/b"],
    ],
    [10, { branch: "else", result: "small" }, ["large", "large/c"]],
  ])("with %i takes one branch: %j", async (n, output, keys) => {
    const runId = await executor.publishAndStart(chain, { n });
    expect(await executor.outputOf(runId)).toEqual(output);
    expect([...(await executor.steps(runId)).keys()]).toEqual(keys);
    expect((await executor.step(runId, "large")).branch).toBe(output.branch);
  });

  it("without an else goes on with nothing", async () => {
    expect(
      await outputOf(`()
        .condition("no", { if: () => 0, then: (flow) => flow.code("a", () => 1) })
        .output(({ steps }) => steps.no)`),
    ).toEqual({ branch: "else", result: null });
  });

  it("that may fail stops the failure of a step deep inside it", async () => {
    const runId = await executor.publishAndStart(`()
      .condition("outer", {
        if: () => true,
        onError: "continue",
        then: (flow) => flow.condition("inner", {
          if: () => true,
          then: (flow) => flow.fail("broken", "no"),
        }),
      })
      .code("after", () => 1)`);
    await executor.untilEnded(runId);
    expect(await executor.states(runId)).toEqual({
      outer: "failed",
      "outer/inner": "failed",
      "outer/inner/broken": "failed",
      after: "completed",
    });
  });
});

describe("a loop", () => {
  const calls = `({ input: z.object({ items: z.array(z.number()) }) })
    .loop("calls", {
      each: ({ input }) => input.items,
      concurrency: 20,
      do: (flow) => flow.http("call", { request: ({ item }) => ({ url: "$server/" + item }) })
        .code("number", ({ steps }) => steps.call.body.n),
    })
    .output(({ steps }) => steps.calls)`;

  it.each([0, 1, 500])(
    "over %i items calls each once, never more than its concurrency at once",
    async (count) => {
      executor.server.answer = ({ path }, response) =>
        json(response, { n: Number(path.slice(1)) * 2 });
      const items = Array.from({ length: count }, (_, index) => index);
      const runId = await executor.publishAndStart(calls, { items });
      expect(await executor.outputOf(runId)).toEqual(items.map((n) => n * 2));
      const asked = executor.server.asked.map(({ path }) =>
        Number(path.slice(1)),
      );
      expect(asked.sort((a, b) => a - b)).toEqual(items);
      expect(executor.server.mostOpen).toBeLessThanOrEqual(20);
      expect((await executor.step(runId, "calls")).loop).toEqual({
        total: count,
        completed: count,
        failed: 0,
        running: 0,
      });
    },
  );

  it("inside a loop sees the items of both, and its results come in order", async () => {
    const runId = await executor.publishAndStart(`()
      .loop("rows", {
        each: () => ["a", "b", "c"],
        concurrency: 2,
        do: (flow) => flow
          .code("row", ({ item }) => item.toUpperCase())
          .loop("columns", {
            times: 3,
            concurrency: 3,
            do: (flow) => flow.code("cell", ({ item, index, loops, steps }) =>
              [loops.rows.item, loops.rows.index, item, index, steps.row].join("")),
          }),
      })
      .output(({ steps }) => steps.rows)`);
    expect(await executor.outputOf(runId)).toEqual([
      ["a000A", "a011A", "a022A"],
      ["b100B", "b111B", "b122B"],
      ["c200C", "c211C", "c222C"],
    ]);
    const cells = await executor.children(runId, "rows[1]/columns[2]");
    expect(cells.map(({ key }) => key)).toEqual(["rows[1]/columns[2]/cell"]);
  });

  it("of 1,000 pure iterations takes several turns and ends", async () => {
    const runId = await executor.publishAndStart(`()
      .loop("many", { times: 1000, do: (flow) => flow.code("x", ({ index }) => index) })
      .output(({ steps }) => steps.many.reduce((sum, n) => sum + n, 0))`);
    expect((await executor.run(runId)).state.kind).toBe("running");
    expect(await executor.outputOf(runId)).toBe(499_500);
    expect(await executor.children(runId, "many")).toHaveLength(1_000);
  });

  it("of more iterations than one turn can gather has all results, in order, also those that failed", async () => {
    const runId = await executor.publishAndStart(`()
      .loop("many", {
        while: ({ index }) => index < 450,
        onError: "continue",
        do: (flow) => flow.code("x", ({ index }) => { if (index % 100 === 99) throw new Error("no"); return { index }; }),
      })
      .output(({ steps }) => steps.many.map((result) => result?.index ?? -1))`);
    expect(await executor.outputOf(runId)).toEqual(
      Array.from({ length: 450 }, (_, i) => (i % 100 === 99 ? -1 : i)),
    );
    expect((await executor.step(runId, "many")).loop).toEqual({
      total: 450,
      completed: 446,
      failed: 4,
      running: 0,
    });
  });

  it("whose results are too large together fails by name", async () => {
    const { error } = await executor.failureOf(`()
      .loop("large", {
        times: 20,
        concurrency: 20,
        do: (flow) => flow.code("x", () => "x".repeat(1024 * 1024)),
      })`);
    expect(error).toMatchObject({
      code: "payload_too_large",
      message: expect.stringMatching(/results of loop "large".*16 MiB/),
    });
  });

  it("while something holds is asked with the last result", async () => {
    expect(
      await outputOf(`()
        .loop("double", {
          while: ({ last }) => (last ?? 1) < 100,
          do: (flow) => flow.code("x", ({ index }) => 2 ** index),
        })
        .output(({ steps }) => steps.double)`),
    ).toEqual([1, 2, 4, 8, 16, 32, 64, 128]);
  });

  it("that goes on after errors has no result where an iteration failed", async () => {
    const runId = await executor.publishAndStart(`()
      .loop("some", {
        each: () => [1, 2, 3, 4],
        concurrency: 2,
        onError: "continue",
        do: (flow) => flow
          .code("x", ({ item }) => { if (item % 2 === 0) throw new Error("even"); return item; })
          .code("y", ({ steps }) => steps.x * 10),
      })
      .output(({ steps }) => steps.some)`);
    expect(await executor.outputOf(runId)).toEqual([10, null, 30, null]);
    expect((await executor.step(runId, "some")).loop).toMatchObject({
      completed: 2,
      failed: 2,
      running: 0,
    });
    const rows = await executor.children(runId, "some");
    expect(rows.map(({ state }) => state.kind)).toEqual([
      "completed",
      "failed",
      "completed",
      "failed",
    ]);
  });

  it("that failed starts nothing more, also when what is around it goes on", async () => {
    const runId = await executor.publishAndStart(`()
      .condition("guard", {
        if: () => true,
        onError: "continue",
        then: (flow) => flow.loop("all", {
          times: 5,
          concurrency: 5,
          do: (flow) => flow
            .code("x", ({ index }) => { if (index === 0) throw new Error("first"); })
            .http("call", { request: () => ({ url: "$server/never" }) }),
        }),
      })
      .http("after", { request: () => ({ url: "$server/after" }) })
      .output(({ steps }) => steps.after.status)`);
    expect(await executor.outputOf(runId)).toBe(200);
    expect(executor.server.asked.map(({ path }) => path)).toEqual(["/after"]);
    const rows = await executor.children(runId, "guard/all");
    expect(rows.map(({ state }) => state.kind)).toEqual([
      "failed",
      ...Array.from({ length: 4 }, () => "cancelled"),
    ]);
    expect(await executor.children(runId, "guard/all[1]")).toEqual([]);
  });

  it("names its iterations by key, or by number when the key cannot be told", async () => {
    const runId = await executor.publishAndStart(`()
      .loop("named", {
        each: () => ["a", null],
        key: ({ item }) => item.toUpperCase(),
        do: (flow) => flow.code("x", () => 1),
      })`);
    await executor.untilEnded(runId);
    const rows = await executor.children(runId, "named");
    expect(rows.map(({ label }) => label)).toEqual(["A", "#2"]);
  });

  it("with a wide window and slow names fills it over several turns", async () => {
    const runId = await executor.publishAndStart(`()
      .loop("wide", {
        times: 30,
        concurrency: 30,
        key: ({ index }) => { let n = 0; while (n < 2e5) n++; return "no. " + index; },
        do: (flow) => flow.code("x", ({ index }) => index),
      })
      .output(({ steps }) => steps.wide.length)`);
    expect(await executor.outputOf(runId)).toBe(30);
    const rows = await executor.children(runId, "wide");
    expect(rows.map(({ label }) => label)).toEqual(
      rows.map((_, index) => `no. ${index}`),
    );
  });

  it("starts the next iteration as soon as one ends, while a slow one goes on", async () => {
    const { server } = executor;
    server.answer = async ({ path }, response) => {
      if (path === "/0") await server.until(() => server.asked.length === 8);
      json(response, { path });
    };
    const runId = await executor.publishAndStart(`()
      .loop("calls", {
        times: 8,
        concurrency: 2,
        do: (flow) => flow.http("call", { request: ({ item }) => ({ url: "$server/" + item }) }),
      })
      .output(({ steps }) => steps.calls.map((call) => call.body.path))`);
    expect(await executor.outputOf(runId)).toEqual(
      Array.from({ length: 8 }, (_, index) => `/${index}`),
    );
    expect(server.mostOpen).toBe(2);
  });

  it.each([
    ["over an empty list", "each: () => []"],
    [
      "over an empty list with names",
      "each: () => [], key: ({ item }) => item.id",
    ],
    ["no times", "times: 0"],
    ["zero times as computed", "times: () => 0, concurrency: 10"],
    ["while nothing holds", "while: () => false"],
    ["over the number 0", "each: () => 0"],
  ])("%s is complete at once, with an empty list", async (_, options) => {
    const runId = await executor.publishAndStart(`()
      .loop("none", { ${options}, do: (flow) => flow.code("x", () => 1) })
      .code("after", ({ steps }) => steps.none)
      .output(({ steps }) => steps.after)`);
    const run = await executor.run(runId);
    expect(run.state).toEqual({ kind: "completed" });
    expect(await executor.value(run.output)).toEqual([]);
    expect(await executor.children(runId, "none")).toEqual([]);
  });

  it("while something holds goes on after an iteration that failed, and is asked without its result", async () => {
    const runId = await executor.publishAndStart(`()
      .loop("tries", {
        while: ({ last, index }) => index < 3 && last !== "done",
        onError: "continue",
        do: (flow) => flow.code("x", ({ index }) => { if (index === 0) throw new Error("first"); return index === 1 ? "done" : "more"; }),
      })
      .output(({ steps }) => steps.tries)`);
    expect(await executor.outputOf(runId)).toEqual([null, "done"]);
  });

  it.each([
    ["over no list", `each: () => "text"`, "invalid_value", /must give a list/],
    ["over null", "each: () => null", "invalid_value", /gave null or nothing/],
    ["over nothing", "each: () => {}", "invalid_value", /is a return missing/],
    [
      "over an object",
      "each: () => ({ a: 1 })",
      "invalid_value",
      /it gave an object/,
    ],
    ["over a Set", "each: () => new Set([1])", "invalid_value", /Array\.from/],
    [
      "a text of times",
      `times: () => "3"`,
      "invalid_value",
      /must give a number/,
    ],
    [
      "over a list with a cycle",
      "each: () => { const a = []; a.push(a); return a; }",
      "invalid_value",
      /cycle/,
    ],
    [
      "over 100,001 items",
      "each: () => Array.from({ length: 100001 }, (_, i) => i)",
      "too_many_iterations",
      /would run 100001 times; at most 10000/,
    ],
    [
      "over 100,001 items with the limit raised",
      "each: () => Array.from({ length: 100001 }, (_, i) => i), maxIterations: 100000",
      "too_many_iterations",
      /would run 100001 times; at most 100000/,
    ],
    [
      "while something cannot be asked",
      `while: ({ index }) => { if (index === 2) throw new Error("who knows"); return true; }`,
      "user_error",
      /who knows/,
    ],
    [
      "a negative number of times",
      "times: () => -1",
      "invalid_value",
      /-1 times/,
    ],
    ["half a time", "times: () => 0.5", "invalid_value", /0.5 times/],
    [
      "too many times",
      "times: () => 10001",
      "too_many_iterations",
      /at most 10000/,
    ],
    [
      "without end",
      "while: () => true, maxIterations: 3",
      "too_many_iterations",
      /at most 3/,
    ],
    [
      "that cannot be asked",
      `each: () => { throw new Error("no list") }`,
      "user_error",
      /no list/,
    ],
  ])("%s fails with a reason", async (_, options, code, reason) => {
    const { error } = await executor.failureOf(
      `().loop("bad", { ${options}, do: (flow) => flow.code("x", () => 1) })`,
    );
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(reason);
  });
});

describe("a replay", () => {
  it("has the same input, on the version that ran or on the current one (E8)", async () => {
    const workflowId = await executor.publish(
      `({ input: z.object({ n: z.number() }) }).code("a", ({ input }) => input.n + 1).output(({ steps }) => steps.a)`,
    );
    const runId = await executor.start(workflowId, { n: 1 });
    await executor.client.mutation(api.workflows.saveDraft, {
      workflowId,
      source: `import { workflow, z } from "lockstep";
        export default workflow({ input: z.object({ n: z.number() }) }).code("a", ({ input }) => input.n + 100).output(({ steps }) => steps.a)`,
    });
    await executor.client.mutation(api.workflowVersions.publish, {
      workflowId,
    });
    const replay = async (version: "original" | "current") => {
      const { client } = executor;
      return await client.mutation(api.workflowRuns.replay, { runId, version });
    };
    const [original, current] = [
      await replay("original"),
      await replay("current"),
    ];
    expect(await executor.outputOf(original.runId)).toBe(2);
    expect(await executor.outputOf(current.runId)).toBe(101);
    expect(await executor.run(current.runId)).toMatchObject({
      number: 3,
      versionNumber: 2,
      replayOf: { runId, number: 1 },
      startedBy: { kind: "replay" },
    });
    expect(await executor.outputOf(runId)).toBe(2);
  });
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
