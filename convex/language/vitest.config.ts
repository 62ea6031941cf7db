import { defineConfig } from "vitest/config";
import { wasmModules } from "./wasmVitePlugin";

const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** The language's tests alone: `npx vitest run --config convex/language/vitest.config.ts`. */
export default defineConfig({
  root,
  plugins: [wasmModules(root)],
  test: { include: ["convex/language/**/*.test.ts"] },
});
