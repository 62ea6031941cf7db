import type { ModuleGlob } from "./test-modules";

declare global {
  interface ImportMeta {
    /** Vite puts an object of lazy imports in the place of the call. */
    glob(patterns: string | string[]): ModuleGlob;
  }
}

/** The functions of the project around this folder, when a test names none. */
export function defaultModules(): ModuleGlob {
  return import.meta.glob([
    "../../convex/**/*.*s",
    "!../../convex/**/*.test.*",
  ]);
}
