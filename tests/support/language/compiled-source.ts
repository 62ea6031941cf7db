/** Sources as a test writes them, and what the compiler makes of them. */
import { expect } from "vitest";
import { compile } from "../../../convex/language/compile";
import type { Diagnostic } from "../../../convex/language/diagnostics";
import type { Graph } from "../../../convex/language/graph";

export const HEAD = `import { workflow, z, secret } from "lockstep";\n`;
export const flow = (steps: string) =>
  `${HEAD}export default workflow()${steps};`;

export async function graphOf(source: string): Promise<Graph> {
  const result = await compile(source);
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  return result.graph;
}

/** Of a source that does not compile. */
export async function refusalsOf(
  source: string,
): Promise<readonly Diagnostic[]> {
  const result = await compile(source);
  if (result.ok) throw new Error("it compiles");
  return result.diagnostics;
}

export type Refusal = [
  what: string,
  source: string,
  place: Partial<Diagnostic>,
  message: RegExp,
];

/** The first diagnostic is an error at the place; one of them has the message. */
export async function expectRefused([, source, place, message]: Refusal) {
  const diagnostics = await refusalsOf(source);
  expect(diagnostics[0]).toMatchObject({
    severity: "error",
    source: "lockstep",
    ...place,
  });
  expect(diagnostics.map((one) => one.message).join("\n")).toMatch(message);
}
