/** Where things are: the checkout and the command-line programs installed in it. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The JavaScript file of an installed program, to be run with `process.execPath`: no shell, no npx. */
export const programs = {
  convex: join(root, "node_modules/convex/bin/main.js"),
  eslint: join(root, "node_modules/eslint/bin/eslint.js"),
  knip: join(root, "node_modules/knip/bin/knip.js"),
  next: join(root, "node_modules/next/dist/bin/next"),
  prettier: join(root, "node_modules/prettier/bin/prettier.cjs"),
  tsc: join(root, "node_modules/typescript/bin/tsc"),
  vitest: join(root, "node_modules/vitest/vitest.mjs"),
};
