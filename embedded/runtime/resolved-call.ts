import type { FunctionTarget } from "./syscalls/address";
import type { FunctionCall } from "./types";

/** A call whose path has been parsed. */
export type ResolvedCall = Omit<FunctionCall, "path" | "componentPath"> & {
  target: FunctionTarget;
};
