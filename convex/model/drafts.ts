/** A source compiled, in the form that rows and screens keep. Loads the compiler. */
import type { Infer } from "convex/values";
import { compile, type Compiled } from "../language/compile";
import type { vDiagnostic } from "../validators/workflows";
import { utf8Bytes } from "./payloads";

export type StoredDiagnostic = Infer<typeof vDiagnostic>;

export type CompiledDraft = {
  /** null when it does not compile. */
  compiled: Compiled | null;
  diagnostics: StoredDiagnostic[];
  /** JSON text; null when it does not compile or takes anything. */
  inputSchema: string | null;
};

const MAX_DIAGNOSTICS = 100;
/** Source and program are one document, which may have 1 MiB. */
const MAX_PROGRAM_BYTES = 1_000_000;

export async function compileDraft(source: string): Promise<CompiledDraft> {
  const result = await compile(source);
  const diagnostics = result.diagnostics
    .slice(0, MAX_DIAGNOSTICS)
    .map(({ source: _, ...diagnostic }) => diagnostic);
  if (!result.ok) return { compiled: null, diagnostics, inputSchema: null };
  const bytes = utf8Bytes(source) + utf8Bytes(result.program);
  if (bytes > MAX_PROGRAM_BYTES)
    return { compiled: null, diagnostics: [tooLarge()], inputSchema: null };
  const inputSchema =
    result.inputSchema === true ? null : JSON.stringify(result.inputSchema);
  return { compiled: result, diagnostics, inputSchema };
}

function tooLarge(): StoredDiagnostic {
  return {
    severity: "error",
    message: "The source is too large to publish; it may be about 480 KiB.",
    line: 1,
    column: 1,
    endLine: 1,
    endColumn: 2,
  };
}
