/** Steps that hold branches: `switch` and `parallel`. */
import { describe, expect, it } from "vitest";
import { api } from "../_generated/api";
import { json } from "../../tests/support/answering-server";
import { useExecutor } from "../../tests/support/executor/use-executor";

const executor = useExecutor();

const call = (name: string, options = "retry: { maxAttempts: 1 }") =>
  `.http("${name}", { request: () => ({ url: "$server/${name}" }), ${options} })`;

/** A request that has not been made cannot be aborted: what ends the others waits for it. */
const untilSlowIsAsked = () =>
  executor.server.until(() =>
    executor.server.asked.some(({ path }) => path === "/slow"),
  );

describe("a switch", () => {
  const chain = `({ input: z.object({ on: z.any() }) })
    .switch("route", {
      on: ({ input }) => input.on,
      cases: {
        gold: (flow) => flow.code("say", () => "shiny").code("more", ({ steps }) => steps.say + "!"),
        404: (flow) => flow.code("say", () => "not found"),
        true: (flow) => flow.code("say", () => "yes"),
      },
      default: (flow) => flow.code("say", ({ input }) => ["who is", input.on]),
    })
    .output(({ steps }) => steps.route)`;

  it.each([
    ["gold", { branch: "gold", result: "shiny!" }],
    [404, { branch: "404", result: "not found" }],
    ["404", { branch: "404", result: "not found" }],
    [true, { branch: "true", result: "yes" }],
    ["lead", { branch: "default", result: ["who is", "lead"] }],
    ["", { branch: "default", result: ["who is", ""] }],
    [null, { branch: "default", result: ["who is", null] }],
    ["constructor", { branch: "default", result: ["who is", "constructor"] }],
  ])("on %j comes to %j", async (on, output) => {
    const runId = await executor.publishAndStart(chain, { on });
    expect(await executor.outputOf(runId)).toEqual(output);
    const { branch } = output;
    expect(await executor.states(runId)).toEqual({
      route: "completed",
      [`route/${branch}`]: "completed",
      [`route/${branch}/say`]: "completed",
      ...(branch === "gold" ? { "route/gold/more": "completed" } : {}),
    });
    expect(await executor.step(runId, "route")).toMatchObject({
      kind: "switch",
      branch,
    });
  });

  it("without a default goes on with nothing", async () => {
    const runId = await executor.publishAndStart(`()
      .switch("route", { on: () => "x", cases: { a: (flow) => flow.code("y", () => 1) } })
      .code("after", ({ steps }) => steps.route)
      .output(({ steps }) => steps.after)`);
    expect(await executor.outputOf(runId)).toEqual({
      branch: "default",
      result: null,
    });
    expect(await executor.states(runId)).toEqual({
      route: "completed",
      after: "completed",
    });
  });

  it.each([
    ["an object", "({ a: 1 })", "invalid_value", /it gave an object/],
    ["a list", '["gold"]', "invalid_value", /it gave a list/],
    ["an error", `{ throw new Error("lost") }`, "user_error", /lost/],
  ])("on %s fails with a reason", async (_, on, code, reason) => {
    const { runId, error } = await executor.failureOf(
      `().switch("route", { on: () => ${on}, cases: { gold: (flow) => flow.code("x", () => 1) } })`,
    );
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(reason);
    expect(await executor.states(runId)).toEqual({ route: "failed" });
  });

  it("that may fail stops the failure of a step in its case", async () => {
    const runId = await executor.publishAndStart(`()
      .switch("route", { on: () => "a", onError: "continue", cases: { a: (flow) => flow.fail("no", "no") } })
      .code("after", ({ steps }) => [steps.route])
      .output(({ steps }) => steps.after)`);
    expect(await executor.outputOf(runId)).toEqual([null]);
    expect(await executor.states(runId)).toEqual({
      route: "failed",
      "route/a": "failed",
      "route/a/no": "failed",
      after: "completed",
    });
  });

  it("in a loop takes the case of each item, with loops and switches inside", async () => {
    const runId = await executor.publishAndStart(`()
      .loop("items", {
        each: () => ["a", "b", "c"],
        concurrency: 3,
        do: (flow) => flow.code("name", ({ item }) => item.toUpperCase()).switch("route", {
          on: ({ item }) => item,
          cases: {
            a: (flow) => flow.loop("twice", { times: 2, do: (flow) => flow.code("x", ({ index, loops, steps }) => steps.name + loops.items.item + index) }),
            b: (flow) => flow.switch("again", { on: ({ steps }) => steps.name, cases: { B: (flow) => flow.code("x", ({ index }) => index) } }),
          },
        }),
      })
      .output(({ steps }) => steps.items)`);
    expect(await executor.outputOf(runId)).toEqual([
      { branch: "a", result: ["Aa0", "Aa1"] },
      { branch: "b", result: { branch: "B", result: 1 } },
      { branch: "default", result: null },
    ]);
    const inner = await executor.children(runId, "items[0]/route/a/twice[1]");
    expect(inner.map(({ key }) => key)).toEqual([
      "items[0]/route/a/twice[1]/x",
    ]);
  });
});

describe("a parallel", () => {
  it("runs its branches side by side and gives the result of each", async () => {
    const { server } = executor;
    server.answer = async ({ path }, response) => {
      await server.until(() => server.open === 2 || server.asked.length > 2);
      json(response, { path });
    };
    const runId = await executor.publishAndStart(`()
      .code("before", () => "b")
      .parallel("both", {
        left: (flow) => flow${call("one")}.code("x", ({ steps }) => steps.one.body.path + steps.before),
        right: (flow) => flow${call("two")}.code("x", ({ steps }) => steps.two.body.path),
        pure: (flow) => flow.code("x", () => 1).code("y", ({ steps }) => steps.x + 1),
      })
      .output(({ steps }) => steps.both)`);
    expect(await executor.outputOf(runId)).toEqual({
      left: "/oneb",
      right: "/two",
      pure: 2,
    });
    expect(server.mostOpen).toBe(2);
    expect(Object.values(await executor.states(runId))).toEqual(
      Array.from({ length: 11 }, () => "completed"),
    );
  });

  it("fails with its first branch that fails, and cancels what is left of the others", async () => {
    const { server } = executor;
    server.answer = async ({ path }, response) => {
      if (path !== "/bad") return;
      await server.until(() => server.open === 3);
      json(response, {}, 404);
    };
    const { runId, state } = await executor.failureOf(`()
      .parallel("all", {
        quick: (flow) => flow.code("x", () => 1),
        bad: (flow) => flow${call("bad")},
        slow: (flow) => flow${call("slow")}.code("never", () => 1),
        looping: (flow) => flow.loop("calls", { times: 2, do: (flow) => flow${call("again")} }),
        asleep: (flow) => flow.delay("nap", "1h"),
      })
      .code("after", () => 1)`);
    expect(state).toMatchObject({ error: { stepKey: "all/bad/bad" } });
    expect(await executor.states(runId)).toEqual({
      all: "failed",
      "all/quick": "completed",
      "all/quick/x": "completed",
      "all/bad": "failed",
      "all/bad/bad": "failed",
      "all/slow": "cancelled",
      "all/slow/slow": "cancelled",
      "all/looping": "cancelled",
      "all/looping/calls": "cancelled",
      "all/asleep": "cancelled",
      "all/asleep/nap": "cancelled",
    });
    await server.until(() => server.open === 0);
    expect(await executor.tasksOf(runId)).toEqual([]);
  });

  it("that may fail lets the flow go on, without the requests of its other branches", async () => {
    const { server } = executor;
    server.answer = async ({ path }, response) => {
      if (path === "/slow") return;
      await untilSlowIsAsked();
      json(response, { path }, path === "/bad" ? 404 : 200);
    };
    const runId = await executor.publishAndStart(`()
      .parallel("all", {
        bad: (flow) => flow${call("bad")},
        slow: (flow) => flow${call("slow")},
      }, { onError: "continue" })
      ${call("after")}
      .output(({ steps }) => [steps.all, steps.after.body.path])`);
    expect(await executor.outputOf(runId)).toEqual([null, "/after"]);
    await server.until(() => server.open === 0);
    expect(server.asked.find(({ path }) => path === "/slow")?.aborted).toBe(
      true,
    );
  });

  it("waits for a branch that sleeps, visibly, and is cancelled whole with its run", async () => {
    const runId = await executor.publishAndStart(`()
      .parallel("all", {
        pure: (flow) => flow.code("x", () => 1),
        asleep: (flow) => flow.delay("nap", "1h"),
        inside: (flow) => flow.parallel("more", { a: (flow) => flow.delay("nap", "2h") }),
      })`);
    const run = await executor.run(runId);
    expect(run.state).toMatchObject({
      kind: "waiting",
      stepKey: "all/asleep/nap",
    });
    await executor.client.mutation(api.workflowRuns.cancel, { runId });
    const cancelled = await executor.states(runId);
    expect(cancelled).toMatchObject({
      "all/pure": "completed",
      "all/pure/x": "completed",
    });
    const rest = Object.entries(cancelled).filter(
      ([key]) => !key.startsWith("all/pure"),
    );
    expect(rest.map(([, state]) => state)).toEqual(rest.map(() => "cancelled"));
  });

  it("inside the iterations of a loop keeps each pair together", async () => {
    const runId = await executor.publishAndStart(`()
      .loop("items", {
        times: 30,
        concurrency: 4,
        do: (flow) => flow.parallel("both", {
          a: (flow) => flow.code("x", ({ index }) => index),
          b: (flow) => flow.code("x", ({ index }) => -index).code("y", ({ steps }) => steps.x - 1),
        }),
      })
      .output(({ steps }) => steps.items)`);
    expect(await executor.outputOf(runId)).toEqual(
      Array.from({ length: 30 }, (_, i) => ({ a: i, b: -i - 1 })),
    );
  });

  it("of more pure work than a turn takes, with 50 branches, ends", async () => {
    const branches = Array.from(
      { length: 50 },
      (_, n) =>
        `b${n}: (flow) => flow.loop("l", { times: 10, do: (flow) => flow.code("x", ({ index }) => index + ${n}) })`,
    );
    const runId = await executor.publishAndStart(`()
      .parallel("wide", { ${branches.join(", ")} })
      .output(({ steps }) => Object.values(steps.wide).flat().length)`);
    expect(await executor.outputOf(runId)).toBe(500);
  });
});

describe("a race", () => {
  it("is won by the first branch to complete; the others are cancelled and their requests aborted", async () => {
    const { server } = executor;
    server.answer = async ({ path }, response) => {
      if (path === "/slow") return;
      if (path === "/broken") return json(response, {}, 503);
      await untilSlowIsAsked();
      json(response, { path });
    };
    const runId = await executor.publishAndStart(`()
      .parallel("first", {
        slow: (flow) => flow${call("slow")}.code("never", () => 1),
        fast: (flow) => flow${call("fast")}.code("path", ({ steps }) => steps.fast.body.path),
        asleep: (flow) => flow.delay("nap", "1h"),
        retrying: (flow) => flow${call("broken", `retry: { maxAttempts: 3, backoff: "fixed", initialDelay: "1h" }`)},
      }, { mode: "race" })
      .code("after", ({ steps }) => steps.first)
      .output(({ steps }) => steps.after)`);
    expect(await executor.outputOf(runId)).toEqual({
      branch: "fast",
      result: "/fast",
    });
    const ended = await executor.states(runId);
    expect(ended).toMatchObject({
      first: "completed",
      "first/fast": "completed",
      "first/slow": "cancelled",
      "first/slow/slow": "cancelled",
      "first/asleep/nap": "cancelled",
      "first/retrying": "cancelled",
      after: "completed",
    });
    expect(ended["first/retrying/broken"]).toBe("cancelled");
    expect((await executor.step(runId, "first")).branch).toBe("fast");
    await server.until(() => server.open === 0);
    expect(server.asked.find(({ path }) => path === "/slow")?.aborted).toBe(
      true,
    );
    expect(await executor.tasksOf(runId)).toEqual([]);
    const attempts = await executor.attempts(
      await executor.step(runId, "first/slow/slow"),
    );
    expect(attempts).toMatchObject([{ status: "cancelled" }]);
  });

  it("goes on without a branch that failed", async () => {
    const runId = await executor.publishAndStart(`()
      .parallel("first", {
        bad: (flow) => flow.fail("no", "out"),
        good: (flow) => flow.delay("a moment", "100ms").code("x", () => "good"),
      }, { mode: "race" })
      .output(({ steps }) => steps.first)`);
    expect(await executor.outputOf(runId)).toEqual({
      branch: "good",
      result: "good",
    });
    expect(await executor.states(runId)).toMatchObject({
      first: "completed",
      "first/bad": "failed",
      "first/good": "completed",
    });
  });

  it("that all branches lose fails by name, and may let the flow go on", async () => {
    const race = (options: string) => `()
      .parallel("first", {
        a: (flow) => flow.fail("no", "first out"),
        b: (flow) => flow.delay("a moment", "50ms").fail("no", "last out"),
      }, { mode: "race", ${options} })
      .code("after", ({ steps }) => [steps.first])
      .output(({ steps }) => steps.after)`;
    const { state, error } = await executor.failureOf(race(""));
    expect(state).toMatchObject({ error: { stepKey: "first" } });
    expect(error).toMatchObject({
      code: "all_branches_failed",
      message: expect.stringMatching(/All 2 branches of the race "first"/),
    });
    const goesOn = await executor.publishAndStart(race('onError: "continue"'));
    expect(await executor.outputOf(goesOn)).toEqual([null]);
  });

  it("between pure branches has one winner, and the rest of the work is dropped", async () => {
    const runId = await executor.publishAndStart(`()
      .parallel("first", {
        long: (flow) => flow.loop("l", { times: 1000, do: (flow) => flow.code("x", () => 1) }),
        short: (flow) => flow.code("a", () => 1).code("b", () => 2),
      }, { mode: "race" })
      .output(({ steps }) => steps.first)`);
    expect(await executor.outputOf(runId)).toEqual({
      branch: "short",
      result: 2,
    });
    expect(await executor.states(runId)).toMatchObject({
      "first/long": "cancelled",
      "first/long/l": "cancelled",
    });
  });

  it("in each iteration of a loop is decided by itself", async () => {
    const { server } = executor;
    server.answer = ({ path }, response) => {
      if (path !== "/slow") json(response, { path });
    };
    const runId = await executor.publishAndStart(`()
      .loop("items", {
        times: 6,
        concurrency: 3,
        do: (flow) => flow.parallel("first", {
          slow: (flow) => flow${call("slow")},
          fast: (flow) => flow.http("fast", { request: ({ index }) => ({ url: "$server/" + index }) }),
        }, { mode: "race" }),
      })
      .output(({ steps }) => steps.items.map(({ branch, result }) => branch + result.body.path))`);
    expect(await executor.outputOf(runId)).toEqual(
      Array.from({ length: 6 }, (_, index) => `fast/${index}`),
    );
    await server.until(() => server.open === 0);
    expect(await executor.tasksOf(runId)).toEqual([]);
  });
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
