import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compile } from "./compile";
describe("compile", () => {
  it("x", async () => {
    const t = performance.now();
    const r = await compile(readFileSync("/tmp/example.txt", "utf8"));
    console.log(JSON.stringify(r, null, 1), performance.now() - t);
    const t2 = performance.now();
    await compile(readFileSync("/tmp/example.txt", "utf8"));
    console.log(performance.now() - t2);
    expect(1).toBe(1);
  });
});
