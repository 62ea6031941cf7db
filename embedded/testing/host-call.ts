/** A call as it reaches the engine under test. */
import type { JSONValue } from "convex/values";
import type { Caller, Identity, RequestOrigin } from "../runtime/types";
import type { FunctionTarget } from "../runtime/syscalls/address";
import type { HostFunction } from "./host-function";

export interface HostCall {
  kind: "Query" | "Mutation" | "Action";
  target: FunctionTarget;
  /** Null: whatever the target names. */
  fn: HostFunction | null;
  args: JSONValue;
  identity: Identity;
  origin?: RequestOrigin;
  caller: Caller;
  requestId: string;
  scheduledFunctionId?: string;
}
