import { describe, expect, it } from "vitest";
import { compile } from "./compile";

const flow = (steps: string) =>
  `import { workflow, z } from "lockstep";\nexport default workflow()\n  .code("a", () => 1)\n  ${steps};`;

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
    ["a retry", `{ event: "x", retry: {} }`, /no option "retry"/],
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
