/** Sources that are wrong as a whole, before any step of theirs is looked at. */
import { describe, it } from "vitest";
import {
  expectRefused,
  flow,
  HEAD,
  type Refusal,
} from "../../tests/support/language/compiled-source";

describe("compile", () => {
  it.each<Refusal>([
    [
      "a syntax error",
      `${HEAD}const x = = 1;`,
      { line: 2, column: 11 },
      /Unexpected/,
    ],
    [
      "another import",
      `import fs from "fs";\n${flow("")}`,
      { line: 1, column: 16 },
      /"fs"/,
    ],
    [
      "a dynamic import",
      flow(`.action("a", async () => import("fs"))`),
      { line: 2 },
      /import/,
    ],
    [
      "await outside of action code",
      `${HEAD}await 1;\nexport default workflow().code("a", () => 1);`,
      { line: 2, column: 1 },
      /await/,
    ],
    [
      "no default export",
      `${HEAD}workflow().code("a", () => 1);`,
      { line: 1 },
      /default export/,
    ],
    [
      "a default export that is no flow",
      `${HEAD}export default 1;`,
      { line: 1 },
      /not a flow/,
    ],
    [
      "an error in the definition",
      `${HEAD}null.x;\nexport default workflow();`,
      { line: 2 },
      /null/,
    ],
    [
      "an endless definition",
      `${HEAD}while (true) {}\nexport default workflow();`,
      {},
      /does not end/,
    ],
    [
      "a schema JSON cannot tell",
      `${HEAD}export default workflow({ input: z.object({ a: z.lazy(() => { throw new Error("lazy") }) }) }).code("a", () => 1);`,
      { line: 2 },
      /lazy/,
    ],
    [
      "an endless nesting",
      `${HEAD}const nest = (f) => f.condition("c", { if: () => 1, then: nest });\nexport default nest(workflow());`,
      {},
      /deep|nested|does not end/i,
    ],
    [
      "more than 512 KiB",
      `//${"x".repeat(512 * 1024)}`,
      { line: 1 },
      /512 KiB/,
    ],
    ["2 MiB", `//${"x".repeat(2 * 1024 * 1024)}`, { line: 1 }, /2049 KiB/],
  ])("refuses %s and says where", async (...one) => {
    await expectRefused(one);
  });
});
