/** Modules that await at their top level, which the bundler cannot turn into functions. */
import { transform } from "sucrase";
import type { PushedModule } from "../types";

const TEXT = "Top-level awaits in source files are unsupported";

export function awaitsAtTopLevel(error: unknown): boolean {
  return error instanceof Error && error.message.includes("Top-level await");
}

/** Node.js awaits them. Convex's own runtime does not: importing one there throws what Convex says. */
export function compileAwaiting(module: PushedModule): {
  code: string;
  isAsync: boolean;
} {
  if (module.environment === "isolate")
    return {
      code: `throw new Error(${JSON.stringify(TEXT)});`,
      isAsync: false,
    };
  const { code } = transform(module.source, {
    transforms: ["imports"],
    disableESTransforms: true,
    production: true,
  });
  return { code, isAsync: true };
}
