import type { Program as ProgramNode } from "acorn";
import { recordDefinition } from "./definition";
import { type Diagnostic, errorAt, pointRange } from "./diagnostics";
import { flowControlOf } from "./flowControl";
import type { Graph, JsonSchema, Program } from "./graph";
import { buildGraph } from "./graphBuilder";
import { rewriteModule } from "./moduleRewrite";
import { secretNames } from "./secretNames";
import { parseProgram } from "./sourceTree";
import { stripTypes } from "./stripTypes";

export const MAX_SOURCE_BYTES = 512 * 1024;

export type Compiled = {
  ok: true;
  program: Program;
  graph: Graph;
  /** `true` when the workflow takes anything. */
  inputSchema: JsonSchema;
  secrets: string[];
  /** Warnings. */
  diagnostics: Diagnostic[];
};

export type CompileResult = Compiled | { ok: false; diagnostics: Diagnostic[] };

/** Never throws for anything the source is. The same source gives the same result. */
export async function compile(source: string): Promise<CompileResult> {
  const size = new TextEncoder().encode(source).length;
  if (size > MAX_SOURCE_BYTES) return refused([tooLarge(size)]);
  const parsed = parseSource(source);
  if (!parsed.ok) return refused([parsed.diagnostic]);
  const { program, diagnostics } = rewriteModule(parsed.code, parsed.tree);
  if (diagnostics.length > 0) return refused(diagnostics);
  return define(program, parsed.tree);
}

async function define(
  program: Program,
  tree: ProgramNode,
): Promise<CompileResult> {
  const definition = await recordDefinition(program);
  if (!definition.ok) return refused(definition.diagnostics);
  const built = buildGraph(definition.calls, tree);
  const { flow, diagnostics } = flowControlOf(built.head, tree);
  const found = [...built.diagnostics, ...diagnostics];
  if (found.some(({ severity }) => severity === "error")) return refused(found);
  const secrets = secretNames(tree);
  return {
    ok: true,
    program,
    graph: flow === null ? built.graph : { ...built.graph, flow },
    inputSchema: built.inputSchema,
    secrets: secrets.names,
    diagnostics: [...built.diagnostics, ...secrets.diagnostics],
  };
}

type Parsed =
  | { ok: true; code: string; tree: ProgramNode }
  | { ok: false; diagnostic: Diagnostic };

function parseSource(source: string): Parsed {
  let columnBase = 1;
  try {
    const code = stripTypes(source);
    columnBase = 0;
    return { ok: true, code, tree: parseProgram(code) };
  } catch (error) {
    return { ok: false, diagnostic: syntaxError(error, columnBase) };
  }
}

/** Sucrase counts columns from 1, acorn from 0. */
function syntaxError(error: unknown, columnBase: number): Diagnostic {
  const message = error instanceof Error ? error.message : String(error);
  const text = message
    .replace(/^Error transforming workflow\.ts: /, "")
    .replace(/ \(\d+:\d+\)$/, "");
  const place = locationOf(error);
  return errorAt(
    place && pointRange(place.line, place.column + 1 - columnBase),
    `${text}.`,
  );
}

function locationOf(error: unknown): { line: number; column: number } | null {
  if (typeof error !== "object" || error === null || !("loc" in error))
    return null;
  const { loc } = error;
  if (typeof loc !== "object" || loc === null) return null;
  if (!("line" in loc) || !("column" in loc)) return null;
  const { line, column } = loc;
  return typeof line === "number" && typeof column === "number"
    ? { line, column }
    : null;
}

function tooLarge(size: number): Diagnostic {
  return errorAt(
    null,
    `The source is ${Math.ceil(size / 1024)} KiB; it may be 512 KiB.`,
  );
}

function refused(diagnostics: Diagnostic[]): CompileResult {
  return { ok: false, diagnostics };
}
