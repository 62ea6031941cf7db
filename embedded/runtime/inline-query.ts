/** A query that is not deployed: its module joins those of a component for this one call. */
import { BackendError } from "../database/backend-error";
import type { ComponentPath } from "../database/types";
import { wrappersSource } from "./bundled-sources";
import type { Deployment } from "./deployment";
import { compileModules } from "./modules/compiled-module";

const WRAPPERS = "_system/repl/wrappers.js";
const MODULE = "testQuery";

export const INLINE_QUERY_PATH = `${MODULE}:default`;

/** Throws `InvalidModules` when `source` is not a module. */
export async function withInlineQuery(
  deployment: Deployment,
  componentPath: ComponentPath,
  source: string,
): Promise<Deployment> {
  const environment = "isolate" as const;
  const relative = source.replaceAll(`convex:/${WRAPPERS}`, `./${WRAPPERS}`);
  try {
    const modules = await compileModules([
      { path: WRAPPERS, source: wrappersSource(), environment },
      { path: `${MODULE}.js`, source: relative, environment },
    ]);
    return deployment.withModules(componentPath, modules);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BackendError("InvalidModules", reason);
  }
}
