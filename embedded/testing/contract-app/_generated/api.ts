/** By hand, what `npx convex codegen` would write. */
import {
  anyApi,
  type ApiFromModules,
  type FunctionReference,
} from "convex/server";
import type * as components_ from "../components";
import type * as files from "../files";
import type * as jobs from "../jobs";
import type * as notes from "../notes";
import type * as totals from "../totals";
import type * as users from "../users";

export const api = anyApi as unknown as ApiFromModules<{
  components: typeof components_;
  files: typeof files;
  jobs: typeof jobs;
  notes: typeof notes;
  totals: typeof totals;
  users: typeof users;
}>;

type Callable<
  Kind extends "query" | "mutation",
  Args,
  Result,
> = FunctionReference<
  Kind,
  "internal",
  Args extends { [name: string]: unknown } ? Args : never,
  Result
>;
export interface CounterApi {
  lib: {
    add: Callable<"mutation", { name: string; fail?: boolean }, number>;
    read: Callable<"query", { name: string }, number>;
    whoami: Callable<"query", { [name: string]: never }, string | null>;
    callBack: Callable<"mutation", { handle: string; text: string }, string>;
    record: Callable<"mutation", { entry: string }, string[]>;
    addLater: Callable<"mutation", { name: string }, null>;
  };
}
