import { describe, expect, it } from "vitest";
import { compile } from "./compile";
import { blockOf, definitionPath, findNode } from "./graph";
import { EXAMPLE } from "../../tests/support/language/example";

describe("the graph", () => {
  it("takes an execution's key back to its step", () => {
    expect(definitionPath("notify[12]/mail[0]/x")).toBe("notify/mail/x");
    expect(definitionPath("cool off")).toBe("cool off");
  });

  it("finds a step and where it stands by path or key", async () => {
    const result = await compile(EXAMPLE);
    if (!result.ok) throw new Error("does not compile");
    const { graph } = result;
    expect(findNode(graph, "notify[3]/mail")?.kind).toBe("http");
    expect(findNode(graph, "large/auto")?.kind).toBe("code");
    expect(findNode(graph, "large/nope")).toBeNull();
    expect(blockOf(graph, "large/auto")).toMatchObject({
      index: 0,
      parent: { path: "large" },
    });
    expect(blockOf(graph, "notify")).toMatchObject({ index: 2, parent: null });
  });
});
