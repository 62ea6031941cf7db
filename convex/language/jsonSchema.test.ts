import { describe, expect, it } from "vitest";
import { validateJson } from "./jsonSchema";

const SCHEMA = {
  type: "object",
  required: ["orders"],
  properties: {
    size: { type: "integer", default: 5 },
    orders: {
      type: "array",
      items: {
        type: "object",
        required: ["total"],
        properties: { total: { type: "number" }, kind: { default: "a" } },
      },
    },
  },
};

describe("validateJson", () => {
  it("fills in defaults at every depth", () => {
    expect(validateJson(SCHEMA, { orders: [{ total: 1 }] }, "input")).toEqual({
      ok: true,
      value: { size: 5, orders: [{ total: 1, kind: "a" }] },
    });
  });

  it("says in one sentence what is wrong and where", () => {
    const result = validateJson(
      SCHEMA,
      { size: 1.5, orders: [{ total: "x" }, {}] },
      "input",
    );
    const issues = result.ok ? [] : result.issues;
    expect(issues.map((issue) => issue.path)).toEqual([
      "input.size",
      "input.orders[0].total",
      "input.orders[1]",
    ]);
    for (const { message } of issues) expect(message).toMatch(/^input.*\.$/);
  });

  it("says of each value what is wrong with it, whatever was checked before", () => {
    const right = { orders: [{ total: 1 }] };
    const first = validateJson(SCHEMA, right, "input");
    const wrong = { orders: [{ total: "x" }] };
    const issues = [1, 2].map(() => validateJson(SCHEMA, wrong, "input"));
    expect(issues[0]).toMatchObject({ ok: false });
    expect(issues[1]).toEqual(issues[0]);
    expect(validateJson(SCHEMA, right, "input")).toEqual(first);
  });

  it("takes anything when there is no schema", () => {
    expect(validateJson(true, [1], "input")).toEqual({ ok: true, value: [1] });
  });
});
