/// <reference types="vite/types/importMeta.d.ts" />
import type { ModuleGlob } from "./test-modules";

/** The functions of the project around this folder, when a test names none. */
export function defaultModules(): ModuleGlob {
  return import.meta.glob([
    "../../convex/**/*.*s",
    "!../../convex/**/*.test.*",
  ]);
}
