/** What code generation would make: the functions by name, with their types. */
import { anyApi, type ApiFromModules } from "convex/server";
import type * as audit from "./audit";
import type * as ledger from "./ledger";
import type * as release from "./release";

export const api = anyApi as unknown as ApiFromModules<{
  audit: typeof audit;
  ledger: typeof ledger;
  release: typeof release;
}>;
