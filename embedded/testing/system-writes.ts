/** Tests, and nobody else, may write system tables: to remove a finished job, or to make up a file's metadata. */
import type { JSONValue } from "convex/values";
import { patchedDocument } from "../database/document-rules";
import type { DocumentJson } from "../database/types";
import type { Frame } from "../runtime/execution";
import type { SyscallArgs } from "../runtime/syscalls/address";
import { decodeId } from "../values/document-id";

/** Undefined when the operation is not such a write: then it is the engine's. */
export function systemWrite(
  frame: Frame,
  op: string,
  args: SyscallArgs,
): JSONValue | undefined {
  const { system } = frame.execution.tx;
  const component = frame.componentPath;
  const table = tableOf(frame, args);
  if (frame.udfType === "Query" || table?.startsWith("_") !== true)
    return undefined;
  const id = String(args["id"]);
  const value = (args["value"] ?? {}) as DocumentJson;
  const replace = (next: DocumentJson) => {
    system.replace(component, table, id, next);
    return next;
  };
  switch (op) {
    case "1.0/insert":
      return { _id: system.insert(component, table, value) };
    case "1.0/replace":
      return replace(value);
    case "1.0/shallowMerge":
      return replace(
        patchedDocument(system.get(component, table, id) ?? {}, value),
      );
    case "1.0/remove":
      system.remove(component, table, id);
      return null;
    default:
      return undefined;
  }
}

function tableOf(frame: Frame, args: SyscallArgs): string | null {
  if (typeof args["table"] === "string") return args["table"];
  if (typeof args["id"] !== "string") return null;
  const decoded = decodeId(args["id"]);
  if (decoded === null) return null;
  const { tx } = frame.execution;
  return tx.tableName(frame.componentPath, decoded.tableNumber);
}
