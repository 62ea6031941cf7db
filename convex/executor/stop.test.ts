/** The step that ends a run early, as completed. */
import { describe, expect, it } from "vitest";
import { useExecutor } from "../../tests/support/executor/use-executor";

const executor = useExecutor();

describe("a stop", () => {
  it("ends the run as completed with its own output, and says where", async () => {
    const runId = await executor.publishAndStart(
      `({ input: z.object({ n: z.number() }) })
      .condition("small", {
        if: ({ input }) => input.n < 10,
        then: (flow) => flow.switch("route", {
          on: () => "a",
          cases: { a: (flow) => flow.stop("enough", ({ input }) => ({ tooSmall: input.n })).code("never", () => 1) },
        }),
      })
      .code("after", () => 1)
      .output(() => { throw new Error("never asked") })`,
      { n: 7 },
    );
    expect(await executor.outputOf(runId)).toEqual({ tooSmall: 7 });
    expect((await executor.run(runId)).state).toEqual({
      kind: "completed",
      stoppedBy: "small/route/a/enough",
    });
    expect(await executor.states(runId)).toEqual({
      small: "completed",
      "small/route": "completed",
      "small/route/a": "completed",
      "small/route/a/enough": "completed",
    });
  });

  it.each([
    ["nothing", "", null],
    ["a text", `, "done"`, "done"],
    [
      "an object",
      `, { ok: true, list: [1, new Date(0)] }`,
      { ok: true, list: [1, "1970-01-01T00:00:00.000Z"] },
    ],
    ["null", ", null", null],
    ["false", ", false", false],
  ])("may give %s", async (_, output, value) => {
    const runId = await executor.publishAndStart(`().stop("end"${output})`);
    expect(await executor.outputOf(runId)).toEqual(value);
  });

  it("cuts off other branches and iterations, with their requests", async () => {
    const { server } = executor;
    server.answer = () => undefined;
    const runId = await executor.publishAndStart(`()
      .parallel("both", {
        calls: (flow) => flow.http("slow", { request: () => ({ url: "$server/slow" }) }),
        items: (flow) => flow.loop("items", {
          times: 5,
          concurrency: 3,
          do: (flow) => flow.condition("second", {
            if: ({ index }) => index === 1,
            then: (flow) => flow.delay("a moment", "300ms").stop("found", ({ index }) => index),
            else: (flow) => flow.delay("long", "1h"),
          }),
        }),
      })
      .code("after", () => 1)`);
    expect(await executor.outputOf(runId)).toBe(1);
    expect(await executor.states(runId)).toEqual({
      both: "cancelled",
      "both/calls": "cancelled",
      "both/calls/slow": "cancelled",
      "both/items": "cancelled",
      "both/items/items": "cancelled",
    });
    const rows = await executor.children(runId, "both/items/items");
    expect(rows.map(({ state }) => state.kind)).toEqual([
      "cancelled",
      "completed",
      "cancelled",
    ]);
    expect((await executor.step(runId, "both/items/items")).loop).toMatchObject(
      { total: 5, completed: 1 },
    );
    await server.until(() => server.open === 0);
    expect(await executor.table("tasks")).toEqual([]);
  });

  it.each([
    [
      "that throws",
      `() => { throw new Error("no output") }`,
      "user_error",
      /no output/,
    ],
    ["that is a Map", "() => new Map()", "invalid_value", /Map/],
    [
      "that holds a function",
      "{ a: { b: () => 1 } }",
      "invalid_value",
      /function at \.a\.b/,
    ],
  ])("with an output %s fails", async (_, output, code, reason) => {
    const runId = await executor.publishAndStart(`().stop("end", ${output})`);
    const { state, error } = await executor.untilEnded(runId);
    expect(state).toMatchObject({ kind: "failed", error: { stepKey: "end" } });
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(reason);
  });

  it("that may fail does not end the run when it does", async () => {
    const runId = await executor.publishAndStart(`()
      .stop("end", () => { throw new Error("no") }, { onError: "continue" })
      .code("after", () => "went on")
      .output(({ steps }) => steps.after)`);
    expect(await executor.outputOf(runId)).toBe("went on");
  });
});

it("the history of every run above leads to what its rows hold", async () => {
  expect(await executor.wrongHistories()).toEqual([]);
});
