import { describe, expect, it } from "vitest";
import { compile } from "../language/compile";
import { validateJson } from "../language/jsonSchema";
import { templates } from "./templates";

describe.each(templates())("the template $name", ({ source, sampleInput }) => {
  it("compiles without diagnostics and takes its sample and no input", async () => {
    const result = await compile(source);
    expect(result.diagnostics).toEqual([]);
    if (!result.ok) throw new Error("refused");
    for (const input of [JSON.parse(sampleInput), {}])
      expect(validateJson(result.inputSchema, input, "input").ok).toBe(true);
  });
});

it("templates call the demo server of the deployment", () => {
  for (const { source } of templates("https://demo.example/"))
    expect(source).toContain("https://demo.example/");
});
