import type { Infer } from "convex/values";
import type { vDiagnostic } from "@/convex/validators/workflows";

export type Diagnostic = Infer<typeof vDiagnostic>;

/** Something wrong in the source, whoever found it. */
export type Problem = Diagnostic & { source: "typescript" | "lockstep" };

/** All problems from top to bottom, errors first on the same line. */
export function mergeProblems(
  typescript: readonly Problem[],
  server: readonly Diagnostic[],
): Problem[] {
  const lockstep = server.map((found): Problem => ({
    ...found,
    source: "lockstep",
  }));
  return [...typescript, ...lockstep].sort(
    (a, b) =>
      a.line - b.line ||
      a.column - b.column ||
      a.severity.localeCompare(b.severity),
  );
}

export function countErrors(problems: readonly Problem[]): number {
  return problems.filter(({ severity }) => severity === "error").length;
}
