import { describe, expect, it } from "vitest";
import { compile } from "./compile";

const flow = (steps: string) =>
  `import { workflow, z } from "lockstep";\nexport default workflow()\n  .code("a", () => 1)\n  ${steps};`;

describe("approval", () => {
  it("is in the graph with whom it asks, and what it reads", async () => {
    const result = await compile(
      flow(
        `.approval("boss", { title: ({ input }) => "Refund " + input.id, details: ({ steps }) => steps.a, form: z.object({ n: z.number() }), approvers: ["admin", "Ada@Example.com"], quorum: 2, timeout: "1h", onTimeout: "approve" })`,
      ),
    );
    expect(result).toMatchObject({
      ok: true,
      graph: {
        steps: [
          { kind: "code" },
          {
            kind: "approval",
            title: null,
            hasDetails: true,
            formSchema: { required: ["n"] },
            approvers: ["admin", "ada@example.com"],
            quorum: 2,
            timeoutMs: 3_600_000,
            onTimeout: "approve",
            reads: ["a"],
            readsInput: true,
          },
        ],
      },
    });
  });

  it.each([
    ["no title", "{}", /title must be/],
    ["an empty title", `{ title: " " }`, /title must be/],
    ["details that are data", `{ title: "?", details: 1 }`, /details must be/],
    ["no quorum", `{ title: "?", quorum: 0 }`, /quorum must be/],
    ["no approvers", `{ title: "?", approvers: [] }`, /approvers must be/],
    ["a viewer", `{ title: "?", approvers: ["viewer"] }`, /approvers must be/],
    [
      "onTimeout alone",
      `{ title: "?", onTimeout: "reject" }`,
      /needs a timeou/,
    ],
  ])(
    "is refused with %s, where it stands",
    async (_what, options, expected) => {
      const result = await compile(flow(`.approval("w", ${options})`));
      expect(result).toMatchObject({
        ok: false,
        diagnostics: [
          { line: 4, column: 4, message: expect.stringMatching(expected) },
        ],
      });
    },
  );
});

describe("waitForEvent", () => {
  it("is in the graph with what it waits for, and what it reads", async () => {
    const result = await compile(
      flow(
        `.waitForEvent("paid", { event: "order.paid", match: ({ steps, input }) => ({ id: steps.a, by: input }), data: z.object({ id: z.number() }), timeout: "3d", onTimeout: "continue" })`,
      ),
    );
    expect(result).toMatchObject({
      ok: true,
      graph: {
        steps: [
          { kind: "code" },
          {
            kind: "waitForEvent",
            event: "order.paid",
            hasMatch: true,
            dataSchema: { type: "object", required: ["id"] },
            timeoutMs: 259_200_000,
            onTimeout: "continue",
            onError: "fail",
            reads: ["a"],
            readsInput: true,
            range: { line: 4, column: 4 },
          },
        ],
      },
    });
  });

  it("needs no more than its event", async () => {
    const result = await compile(
      flow(`.waitForEvent("any", { event: "tick" })`),
    );
    expect(result).toMatchObject({
      graph: {
        steps: [
          { kind: "code" },
          { hasMatch: false, dataSchema: null, timeoutMs: null },
        ],
      },
    });
  });

  it.each([
    ["no event", "{}", /event must be the name of an event/],
    ["a bad name", `{ event: "order paid" }`, /such as "order\.paid"/],
    ["an event by function", `{ event: () => "x" }`, /name of an event/],
    ["a match that is data", `{ event: "x", match: {} }`, /match must be a/],
    ["data that is no schema", `{ event: "x", data: {} }`, /data must be a/],
    ["a bad timeout", `{ event: "x", timeout: "soon" }`, /not a duration/],
    [
      "onTimeout alone",
      `{ event: "x", onTimeout: "continue" }`,
      /needs a timeout/,
    ],
    [
      "an unknown onTimeout",
      `{ event: "x", timeout: "1s", onTimeout: "wait" }`,
      /"fail" or "continue"/,
    ],
  ])(
    "is refused with %s, where it stands",
    async (_what, options, expected) => {
      const result = await compile(flow(`.waitForEvent("w", ${options})`));
      expect(result).toMatchObject({
        ok: false,
        diagnostics: [
          { line: 4, column: 4, message: expect.stringMatching(expected) },
        ],
      });
    },
  );
});

describe("what follows a timeout", () => {
  it("may be steps, which are inside the step that waits", async () => {
    const result = await compile(
      flow(
        `.approval("boss", { title: "?", timeout: "1h", onTimeout: (flow) => flow.code("b", ({ steps }) => steps.a).code("c", ({ steps }) => steps.b) })
  .waitForEvent("paid", { event: "x", timeout: "1h", onTimeout: (flow) => flow.delay("d", "1s") })`,
      ),
    );
    expect(result).toMatchObject({
      graph: {
        steps: [
          { kind: "code" },
          {
            kind: "approval",
            onTimeout: "steps",
            reads: [],
            late: [
              { path: "boss/b", reads: ["a"] },
              { path: "boss/c", reads: ["boss/b"] },
            ],
          },
          {
            kind: "waitForEvent",
            onTimeout: "steps",
            late: [{ path: "paid/d" }],
          },
        ],
      },
    });
  });

  it.each([
    [
      `.approval("w", { title: "?", onTimeout: (flow) => flow.code("b", () => 1) })`,
      /needs a timeout/,
    ],
    [
      `.approval("w", { title: "?", timeout: "1h", onTimeout: (flow) => flow })`,
      /has no steps/,
    ],
    [
      `.waitForEvent("w", { event: "x", timeout: "1h", onTimeout: () => 1 })`,
      /must be a function that returns the flow/,
    ],
    [
      `.approval("w", { title: "?", timeout: "1h", onTimeout: "later" })`,
      /"fail" or "reject" or "approve"/,
    ],
  ])("is refused in %s", async (steps, expected) => {
    expect(await compile(flow(steps))).toMatchObject({
      ok: false,
      diagnostics: [
        { line: 4, column: 4, message: expect.stringMatching(expected) },
      ],
    });
  });
});
