import type { Program, SourceRange } from "./graph";
import { type Diagnostic, errorAt, pointRange } from "./diagnostics";
import { loadEngine } from "./quickjs";
import { createContext, type UserContext } from "./sandboxContext";
import { SandboxFailure } from "./sandboxFailure";
import type { StepError } from "./evaluation";
import { parseFrames, USER_FILE } from "./stepErrors";
import { ZOD_BUNDLE } from "./zodBundle";

export const DEFINITION_BUDGET_MS = 500;

/**
 * An option as the definition gave it; functions and schemas are told apart from data. A function inside data is
 * `{ $function: true }`.
 */
export type RecordedValue =
  | { kind: "function" }
  | { kind: "schema"; schema: { [keyword: string]: unknown } }
  | { kind: "data"; value: unknown };

/** One call of the chain, as it happened. */
export type RecordedCall = {
  kind: string;
  name: unknown;
  at: { line: number; column: number } | null;
  options: Record<string, RecordedValue>;
  /** Blocks that were given as functions and gave a flow; null when they gave something else. */
  blocks: Record<string, RecordedCall[] | null>;
  /** Cases of a switch, branches of a parallel, in order; null when they were not given as an object of functions. */
  branches?: RecordedBranch[] | null;
};

export type RecordedBranch = { name: string; steps: RecordedCall[] | null };

export type Definition =
  | { ok: true; calls: RecordedCall[] }
  | { ok: false; diagnostics: Diagnostic[] };

const RECORD_SOURCE = String.raw`(function (chain, blockOf, z) {
"use strict";
const BLOCKS = ["then", "else", "do", "default", "onFailure", "onTimeout"];
function record(value) {
  if (typeof value === "function" && !value._zod) return { kind: "function" };
  if (typeof value === "object" && value !== null && value._zod) return { kind: "schema", schema: z.toJSONSchema(value, { io: "input", target: "draft-2020-12" }) };
  return { kind: "data", value };
}
function recordAll(calls, depth) {
  if (depth > 12) return [];
  return calls.map((call) => {
    const options = {}, blocks = {};
    for (const key of Object.keys(call.options)) {
      const value = call.options[key];
      if (value === undefined) continue;
      if (BLOCKS.includes(key) && typeof value === "function") {
        const block = blockOf(value);
        blocks[key] = block === null ? null : recordAll(block, depth + 1);
      } else {
        try { options[key] = record(value); }
        catch (error) { const e = new Error("Option " + key + " of " + String(call.name || call.kind) + ": " + error.message); e.stack = call.at; throw e; }
      }
    }
    const branches = call.branches && call.branches.map(({ name, steps }) => {
      const block = blockOf(steps);
      return { name, steps: block === null ? null : recordAll(block, depth + 1) };
    });
    return { kind: call.kind, name: call.name, at: call.at, options, blocks, branches };
  });
}
return JSON.stringify(recordAll(chain, 0), (key, value) => typeof value === "function" ? { $function: true } : value);
})`;

/** Evaluates the module once, with zod, and records the chain it exports. */
export async function recordDefinition(program: Program): Promise<Definition> {
  const engine = await loadEngine();
  const context = createContext({ engine, seed: "definition", nowMs: 0 });
  try {
    return { ok: true, calls: record(context, program) };
  } catch (error) {
    if (!(error instanceof SandboxFailure)) throw error;
    return { ok: false, diagnostics: [diagnosticOf(error.error)] };
  } finally {
    context.dispose();
  }
}

function record(context: UserContext, program: Program): RecordedCall[] {
  const { vm } = context;
  context.allow(10 * DEFINITION_BUDGET_MS);
  const z = context.evaluateHandle(ZOD_BUNDLE, "zod");
  const sdk = context.enterHandle("sdk");
  vm.setProp(sdk, "z", z);
  context.allow(DEFINITION_BUDGET_MS);
  try {
    context.evaluate(program, USER_FILE);
    requireFlow(context);
    return parseCalls(context.recordWith(RECORD_SOURCE, z));
  } finally {
    sdk.dispose();
    z.dispose();
  }
}

function requireFlow(context: UserContext): void {
  if (context.enter("isFlow") === "true") return;
  throw new SandboxFailure({
    name: "TypeError",
    message:
      "The default export is not a flow: it must be workflow({ … }) and its steps.",
    code: "user_error",
    retryable: false,
    frames: [],
  });
}

function parseCalls(text: string): RecordedCall[] {
  // RECORD_SOURCE wrote it: its shape is ours, but for `at`, which is still a stack trace.
  const calls = JSON.parse(text) as (Omit<RecordedCall, "at"> & {
    at: string;
  })[];
  return calls.map(withPosition);
}

function withPosition(
  call: Omit<RecordedCall, "at"> & { at: unknown },
): RecordedCall {
  const frame =
    typeof call.at === "string" ? (parseFrames(call.at)[0] ?? null) : null;
  const at = frame === null ? null : { line: frame.line, column: frame.column };
  const blocks = Object.entries(call.blocks).map(
    ([key, block]) => [key, block?.map(withPosition) ?? null] as const,
  );
  const branches = call.branches?.map(({ name, steps }) => ({
    name,
    steps: steps?.map(withPosition) ?? null,
  }));
  return {
    ...call,
    at,
    blocks: Object.fromEntries(blocks),
    ...(branches === undefined ? {} : { branches }),
  };
}

function diagnosticOf(error: StepError): Diagnostic {
  const frame = error.frames[0];
  const range: SourceRange | null =
    frame === undefined ? null : pointRange(frame.line, frame.column);
  if (error.code === "sandbox_limit")
    return errorAt(
      range,
      `The definition does not end, or does too much: it may take ${DEFINITION_BUDGET_MS} ms and 32 MiB of memory. Work belongs inside step functions.`,
    );
  return errorAt(range, error.message);
}
