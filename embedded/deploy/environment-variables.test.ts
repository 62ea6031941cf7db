import { describe, expect, it } from "vitest";
import { changedEnvironment } from "./environment-variables";

const set = (name: string, value: string | null) =>
  changedEnvironment({ KEPT: "1" }, [{ name, value }]);

describe("environment variables", () => {
  it("are set, replaced and removed", () => {
    expect(set("A", "2")).toEqual({ KEPT: "1", A: "2" });
    expect(set("KEPT", "3")).toEqual({ KEPT: "3" });
    expect(set("KEPT", null)).toEqual({});
  });
  it("have names and values within the rules", () => {
    const codes = [
      ["1A", "x", "EnvironmentVariableNameInvalid"],
      ["A".repeat(257), "x", "EnvironmentVariableNameTooLong"],
      ["A", "x".repeat(8193), "EnvironmentVariableValueTooLarge"],
      ["CONVEX_SITE_URL", "x", "RequiredEnvironmentVariable"],
    ] as const;
    for (const [name, value, code] of codes) {
      expect(() => set(name, value)).toThrow(expect.objectContaining({ code }));
    }
  });
  it("are named once in a change, and are at most 512", () => {
    const twice = [
      { name: "A", value: "1" },
      { name: "A", value: "2" },
    ];
    expect(() => changedEnvironment({}, twice)).toThrow(/unique/);
    const many = Array.from({ length: 513 }, (_, index) => ({
      name: `V${index}`,
      value: "",
    }));
    expect(() => changedEnvironment({}, many)).toThrow(/512/);
  });
});
