/** Loops and delays that get what they cannot take, and what people write by mistake. */
import { describe, expect, it } from "vitest";
import {
  badAction,
  badCode,
  type BadStep,
  useBadSteps,
} from "../../tests/support/executor/bad-steps";

const { executor, expectFailure } = useBadSteps();

describe("a loop", () => {
  const over = (option: string) =>
    `.loop("bad", { ${option}, do: (f) => f.code("x", () => 1) })`;

  it.each<BadStep>([
    ["a text", over(`each: () => "abc"`), "invalid_value", /a string/, null],
    ["an object", over("each: () => ({})"), "invalid_value", /an object/, null],
    [
      "a Map",
      over("each: () => new Map()"),
      "invalid_value",
      /each is a/,
      null,
    ],
    [
      "nothing",
      over("each: () => { [1]; }"),
      "invalid_value",
      /null or nothing \(is a return missing\?\)/,
      null,
    ],
    [
      "100,001 items",
      over(
        "maxIterations: 100000, each: () => Array.from({ length: 100001 }, () => 1)",
      ),
      "too_many_iterations",
      /100001 times; at most 100000 are allowed\. Split the list\.$/,
      null,
    ],
    ["-1 times", over("times: () => -1"), "invalid_value", /run -1 t/, null],
    ["1.5 times", over("times: () => 1.5"), "invalid_value", /whole/, null],
    ["NaN times", over("times: () => NaN"), "invalid_value", /s is NaN/, null],
  ])("over %s fails, and says what it was given", async (...one) => {
    await expectFailure(one);
  });

  it("over an empty list has an empty output", async () => {
    const runId = await executor.publishAndStart(
      `().loop("l", { each: () => [], do: (f) => f.code("x", () => 1) }).output(({ steps }) => steps.l)`,
    );
    expect(await executor.outputOf(runId)).toEqual([]);
  });
});

describe("a delay that is computed", () => {
  const until = (value: string) => `.delay("bad", { until: () => ${value} })`;

  it.each<BadStep>([
    ["no time", until(`"soon"`), "invalid_value", /until gave "soon"/, null],
    ["NaN", until("NaN"), "invalid_value", /until is NaN/, null],
    ["no date", until("new Date(NaN)"), "invalid_value", /invalid date/, null],
    ["nothing", until("undefined"), "invalid_value", /until gave null/, null],
    [
      "the year 275760",
      until(`"+275760-09-13T00:00:00.000Z"`),
      "invalid_value",
      /at most 5 years/,
      null,
    ],
  ])("until %s fails", async (...one) => {
    await expectFailure(one);
  });

  it.each(["0", "-1", `"1970-01-01"`])("until %s is over", async (time) => {
    const runId = await executor.publishAndStart(
      `().delay("d", { until: () => ${time} })`,
    );
    expect((await executor.untilEnded(runId)).state.kind).toBe("completed");
  });
});

describe("what people write by mistake", () => {
  const http = (request: string) =>
    `.http("bad", { request: ({ input }) => ${request} })`;

  it.each<BadStep>([
    [
      "a property of what a step did not give",
      `.code("bad", ({ steps }) => steps.before.order.id)`,
      "user_error",
      /cannot read property 'id' of undefined/,
      4,
    ],
    [
      "a step that does not exist",
      `.code("bad", ({ steps }) => steps.befor.length)`,
      "user_error",
      /cannot read property 'length' of undefined/,
      4,
    ],
    [
      "fetch in code",
      badCode(`return fetch("$server/x");`),
      "user_error",
      /'fetch' is not defined; only an action has it/,
      4,
    ],
    [
      "input without an argument",
      badCode("return `Hello ${input.name}`;"),
      "user_error",
      /'input' is not defined; a step gets it from its argument/,
      4,
    ],
    [
      "an unknown template variable",
      badCode("return `Hello ${nobody}`;"),
      "user_error",
      /'nobody' is not defined/,
      4,
    ],
    [
      "a request without return",
      `.http("bad", { request: () => { ({ url: "$server/x" }); } })`,
      "invalid_request",
      /request must give an object such as/,
      null,
    ],
    [
      "no url",
      http(`({ uri: "$server/x" })`),
      "invalid_request",
      /a url/,
      null,
    ],
    [
      "a misspelled method",
      http(`({ url: "$server/x", methud: "DELETE" })`),
      "invalid_request",
      /no "methud"; it has url, method,/,
      null,
    ],
    [
      "headers as text",
      http(`({ url: "$server/x", headers: "accept: text/csv" })`),
      "invalid_request",
      /headers must be an object/,
      null,
    ],
    [
      "an undefined part of a url",
      http("({ url: `$server/orders/${input.nope}` })"),
      "invalid_request",
      /part of the url is undefined/,
      null,
    ],
    [
      "an object in a url",
      http("({ url: `$server/orders?of=${{ id: 1 }}` })"),
      "invalid_request",
      /part of the url is an object/,
      null,
    ],
    [
      "a promise in the output",
      badAction(
        `const r = await fetch("$server/x"); return { body: r.text() };`,
      ),
      "invalid_value",
      /a promise .* at \.body/,
      null,
    ],
    [
      "a question that is no text",
      `.approval("bad", { title: ({ input }) => input.title })`,
      "invalid_value",
      /title must give a text/,
      null,
    ],
    [
      "a message that gives nothing",
      `.fail("bad", ({ input }) => input.why)`,
      "failed_by_step",
      /"bad" ended the run, and its message gave nothing/,
      null,
    ],
  ])("%s fails with what and where", async (...one) => {
    await expectFailure(one);
    const isAsked = one[1].includes("r.text()");
    expect(executor.server.asked).toHaveLength(isAsked ? 1 : 0);
  });

  it("a forgotten await of a request is said in the log of the action", async () => {
    const runId = await executor.publishAndStart(
      `().action("a", async ({ fetch }) => { fetch("$server/x"); return 1; })`,
    );
    await executor.untilEnded(runId);
    expect(await executor.lines(await executor.step(runId, "a"))).toMatchObject(
      [{ level: "warn", text: expect.stringMatching(/is an await missing/) }],
    );
  });
});
