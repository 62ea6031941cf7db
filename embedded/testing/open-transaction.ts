/** What calls from inside a transaction under test need of it. */
import type { JSONValue } from "convex/values";
import type { HeldTransaction } from "../database/types";
import type { RuntimeLimits } from "../runtime/limits";
import type { FunctionTarget } from "../runtime/syscalls/address";
import type { UdfHost } from "../runtime/syscalls/udf-host";
import type { Identity } from "../runtime/types";
import type { HostFunction } from "./host-function";
import type { TestComponents } from "./test-components";
import type { TransactionLimits } from "./transaction-budget";

export interface TransactionHost {
  components: TestComponents;
  limits: RuntimeLimits;
  udfs: UdfHost;
  /** What is committed, whatever the open transaction has written. */
  snapshot: () => HeldTransaction;
}

export interface NestedCall {
  kind: string;
  target: FunctionTarget;
  /** Null: whatever the target names. */
  fn: HostFunction | null;
  args: JSONValue;
  limits?: TransactionLimits;
  /** When it is not the caller's. */
  identity?: Identity;
}

export interface OpenTransaction {
  belongsTo(host: TransactionHost): boolean;
  /** A sub-transaction. */
  callNested(call: NestedCall): Promise<JSONValue>;
}
