/** The test suites that official components ship, with `convex-test` replaced by our library and nothing else. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const at = (path: string): string =>
  fileURLToPath(new URL(path, import.meta.url));

/** They import what is not installed here: `@fast-check/vitest`, or a package within their own repository. */
const INCOMPLETE = [
  "action-cache/src/component/component.test.ts",
  "aggregate/src/component/btree.test.ts",
  "workflow/src/component/setup.test.ts",
  "workflow/src/component/workflow.test.ts",
];

export default defineConfig({
  root: at("../.."),
  resolve: {
    alias: [
      {
        find: /^convex-test$/,
        replacement: at("../../embedded/testing/convex-test.ts"),
      },
    ],
  },
  test: {
    include: ["node_modules/@convex-dev/*/src/**/*.test.ts"],
    exclude: [
      "**/react/**",
      ...INCOMPLETE.map((file) => `node_modules/@convex-dev/${file}`),
    ],
    maxWorkers: 2,
    testTimeout: 60_000,
    server: { deps: { inline: [/@convex-dev/] } },
  },
});
