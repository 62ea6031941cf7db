/** TypeScript over sources beside `lockstep.d.ts`, as the editor has them. */
import ts from "typescript";
import { LOCKSTEP_TYPES } from "../../../convex/language/lockstepTypes";

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts"],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: [],
};

/** TypeScript's own declarations, which take longest to read. */
const libraries = new Map<string, ts.SourceFile | undefined>();
const registry = ts.createDocumentRegistry();

/** Messages of what is wrong, in `source` and in the declarations; `organization` is what an organization adds. */
export function typeErrors(source: string, organization = ""): string[] {
  return ts
    .getPreEmitDiagnostics(programOf(source, organization))
    .map(({ messageText }) =>
      ts.flattenDiagnosticMessageText(messageText, " "),
    );
}

/** What the editor would offer where the source says `/*here*` + `/`, and the notes beside each. */
export function completionsIn(
  source: string,
  organization: string,
): Map<string, string> {
  const files = filesOf(source, organization);
  const at = source.indexOf("/*here*/");
  const service = ts.createLanguageService(hostOf(files), registry);
  const found = service.getCompletionsAtPosition("workflow.ts", at, {});
  return new Map(
    (found?.entries ?? []).map(({ name }) => {
      const details = service.getCompletionEntryDetails(
        "workflow.ts",
        at,
        name,
        undefined,
        undefined,
        undefined,
        undefined,
      );
      return [name, ts.displayPartsToString(details?.documentation)];
    }),
  );
}

function filesOf(source: string, organization: string): Map<string, string> {
  return new Map([
    ["lockstep.d.ts", LOCKSTEP_TYPES],
    ["organization.d.ts", organization],
    ["workflow.ts", source],
  ]);
}

function programOf(source: string, organization: string): ts.Program {
  const files = filesOf(source, organization);
  const host = ts.createCompilerHost(OPTIONS);
  const original = host.getSourceFile.bind(host);
  host.getSourceFile = (name, options) => {
    const text = files.get(name);
    if (text !== undefined) return ts.createSourceFile(name, text, options);
    if (!libraries.has(name)) libraries.set(name, original(name, options));
    return libraries.get(name);
  };
  return ts.createProgram([...files.keys()], OPTIONS, host);
}

function hostOf(files: Map<string, string>): ts.LanguageServiceHost {
  return {
    getScriptFileNames: () => [...files.keys()],
    // The registry keeps files by name and version.
    getScriptVersion: (name) => files.get(name) ?? "",
    getScriptSnapshot: (name) => {
      const text = files.get(name) ?? ts.sys.readFile(name);
      return text === undefined
        ? undefined
        : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => "",
    getCompilationSettings: () => OPTIONS,
    getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
    fileExists: (name) => files.has(name) || ts.sys.fileExists(name),
    readFile: (name) => files.get(name) ?? ts.sys.readFile(name),
  };
}
