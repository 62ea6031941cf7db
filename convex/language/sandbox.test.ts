import { describe, expect, it } from "vitest";
import { evaluate } from "./sandbox";
const program = `const { workflow, z, secret } = $lockstep;
$default = workflow({ input: z.object({ a: z.string() }) })
  .code("a", ({ input }) => ({ sum: input.n + 1 }))
  .code("b", () => { throw new Error("boom"); })
  .code("re", () => /(a+)+$/.test("a".repeat(28) + "b"))
  .code("loop", () => { while (true) {} })
  .http("h", { request: () => ({ url: "x", headers: { a: "Bearer " + secret("K"), b: secret("L") } }) })
`;
const run = (path: string, slot = "run" as const) =>
  evaluate({
    program,
    fn: { path, slot },
    scope: { input: { n: 2 }, steps: {} },
    seed: "s",
    nowMs: 5,
  });
describe("sandbox", () => {
  it("x", async () => {
    for (const p of ["a", "b", "loop", "re"]) {
      const t = performance.now();
      console.log(p, JSON.stringify(await run(p)), performance.now() - t);
    }
    console.log(
      JSON.stringify(
        await evaluate({
          program,
          fn: { path: "h", slot: "request" },
          scope: { input: {}, steps: {} },
          seed: "",
          nowMs: 0,
        }),
      ),
    );
    const t = performance.now();
    for (let i = 0; i < 300; i++) await run("a");
    console.log((performance.now() - t) / 300);
    expect(1).toBe(1);
  });
});
