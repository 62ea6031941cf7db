import type { SourceRange } from "./graph";

/** 1-based lines and columns; the end column is exclusive. */
export type Diagnostic = SourceRange & {
  severity: "error" | "warning";
  message: string;
  source: "lockstep";
};

export const START: SourceRange = {
  line: 1,
  column: 1,
  endLine: 1,
  endColumn: 2,
};

export function errorAt(
  range: SourceRange | null,
  message: string,
): Diagnostic {
  return {
    severity: "error",
    message,
    ...(range ?? START),
    source: "lockstep",
  };
}

export function warningAt(range: SourceRange, message: string): Diagnostic {
  return { ...errorAt(range, message), severity: "warning" };
}

/** A range of one character. */
export function pointRange(line: number, column: number): SourceRange {
  return { line, column, endLine: line, endColumn: column + 1 };
}
