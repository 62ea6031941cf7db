import { compile } from "../../../convex/language/compile";
import type {
  EvaluateRequest,
  EvaluateResult,
} from "../../../convex/language/evaluation";
import { evaluate } from "../../../convex/language/sandbox";

export const DEFAULTS = {
  scope: { input: {}, steps: {} },
  seed: "seed",
  nowMs: 1_700_000_000_000,
};

/** A program with one code step `a` whose function is given as text. */
export function programOf(fn: string, before = ""): string {
  return `const { workflow, z, secret, NonRetryableError } = $lockstep;\n${before}\n$default = workflow().code("a",\n${fn})`;
}

export function evaluateCode(
  fn: string,
  options: Partial<EvaluateRequest> & { before?: string } = {},
): Promise<EvaluateResult> {
  const { before, ...request } = options;
  return evaluate({
    program: programOf(fn, before),
    fn: { path: "a", slot: "run" },
    ...DEFAULTS,
    ...request,
  });
}

/** Compiles a whole module; throws its diagnostics when it does not compile. */
export async function programFrom(source: string): Promise<string> {
  const result = await compile(source);
  if (result.ok) return result.program;
  throw new Error(JSON.stringify(result.diagnostics));
}
