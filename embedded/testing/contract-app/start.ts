/** A fresh backend of either library with the same app in it. */
import type { convexTest } from "../convex-test";
import counterSchema from "./counter/schema";
import ledgerSchema from "./counter/ledger/schema";
import schema from "./schema";

export type Library = typeof convexTest;

const modules = import.meta.glob(["./**/*.ts", "!./counter/**", "!./start.ts"]);
const counter = import.meta.glob(["./counter/**/*.ts", "!./counter/ledger/**"]);
const ledger = import.meta.glob("./counter/ledger/**/*.ts");

export function startApp(
  library: Library,
  options: Pick<Parameters<Library>[0] & object, never> & {
    transactionLimits?: { documentsRead?: number };
  } = {},
) {
  const t = library({ schema, modules, ...options });
  t.registerComponent("counter", counterSchema, counter);
  t.registerComponent("counter/ledger", ledgerSchema, ledger);
  return t;
}
