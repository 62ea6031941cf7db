import { loader } from "@monaco-editor/react";
import * as monaco from "monaco-editor/editor/editor.api.js";
import "monaco-editor/features/register.all.js";
import "monaco-editor/languages/definitions/typescript/register.js";
import {
  ModuleKind,
  ModuleResolutionKind,
  ScriptTarget,
  typescriptDefaults,
} from "monaco-editor/languages/features/typescript/register.js";
import { LOCKSTEP_TYPES } from "@/convex/language/lockstepTypes";

// The bundled editor and workers of our own origin: without this the loader asks a public CDN.
loader.config({ monaco });

globalThis.MonacoEnvironment = {
  getWorker: (_moduleId, label) =>
    label === "typescript" || label === "javascript"
      ? new Worker(new URL("./ts.worker.ts", import.meta.url), {
          type: "module",
        })
      : new Worker(new URL("./editor.worker.ts", import.meta.url), {
          type: "module",
        }),
};

typescriptDefaults.setCompilerOptions({
  target: ScriptTarget.ES2020,
  module: ModuleKind.ESNext,
  moduleResolution: ModuleResolutionKind.NodeJs,
  lib: ["es2022"],
  types: [],
  strict: true,
  noEmit: true,
  allowNonTsExtensions: true,
});
typescriptDefaults.setEagerModelSync(true);
typescriptDefaults.addExtraLib(
  LOCKSTEP_TYPES,
  "file:///node_modules/lockstep/index.d.ts",
);

/** What the organization of the workflow in the editor adds; nothing when it is null. */
export function setEditorTypes(types: string | null): void {
  typescriptDefaults.addExtraLib(
    types ?? "",
    "file:///node_modules/lockstep/organization.d.ts",
  );
}

export { monaco };
