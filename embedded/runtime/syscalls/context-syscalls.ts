/** Syscalls that mean the same in queries, mutations and actions: identity, metadata, references, files. */
import type { JSONValue } from "convex/values";
import { BackendError } from "../../database/backend-error";
import type { ComponentPath, Transaction } from "../../database/types";
import type { FileStore } from "../files/file-store";
import { displayPath, type FunctionPath } from "../function-path";
import type { Identity, RequestOrigin } from "../types";
import type { SyscallArgs } from "./address";
import { text } from "./database-syscalls";

/** Users are known to the app only; the admin is known everywhere. */
export function identityIn(
  component: ComponentPath,
  identity: Identity,
): Identity {
  const isHidden = identity.kind === "user" && component !== "";
  return isHidden ? { kind: "none" } : identity;
}

/** What `ctx.auth.getUserIdentity()` returns. */
export function userIdentity(identity: Identity): JSONValue {
  if (identity.kind === "user") return identity.attributes;
  if (identity.kind === "admin") return identity.actingAs ?? null;
  return null;
}

export function functionMetadata(
  path: FunctionPath,
  componentPath: ComponentPath,
): JSONValue {
  return { name: displayPath(path), componentPath };
}

export const DEPLOYMENT_METADATA: JSONValue = {
  name: "embedded",
  region: null,
  class: "s16",
};

export function requestMetadata(call: {
  requestId: string;
  scheduledFunctionId: string | null;
  origin?: RequestOrigin | undefined;
}): JSONValue {
  const { requestId, scheduledFunctionId, origin } = call;
  return {
    ip: origin?.ip ?? null,
    userAgent: origin?.userAgent ?? null,
    requestId,
    scheduledFunctionId:
      scheduledFunctionId ?? origin?.scheduledFunctionId ?? null,
    authToken: origin?.authToken ?? null,
  };
}

export type StorageSyscall = (
  files: FileStore,
  tx: Transaction,
  component: ComponentPath,
  args: SyscallArgs,
) => JSONValue;

/** Those that only read, or only make a token. */
export const storageReadSyscalls: { readonly [op: string]: StorageSyscall } = {
  "1.0/storageGetUrl": (files, tx, component, args) =>
    files.getUrl(tx, component, text(args, "storageId")),
  "1.0/storageGetMetadata": (files, tx, component, args) =>
    files.getMetadata(tx, component, text(args, "storageId")),
};

/** Those of mutations; `storageDelete` is elsewhere because it leaves work for after the commit. */
export const storageWriteSyscalls: { readonly [op: string]: StorageSyscall } = {
  "1.0/storageGenerateUploadUrl": (files, _tx, component) =>
    files.generateUploadUrl(component),
  "1.0/storageStore": (files, tx, component, args) =>
    files.storeSync(tx, component, {
      bytes: Buffer.from(text(args, "blob"), "base64"),
      contentType:
        typeof args["contentType"] === "string" ? args["contentType"] : null,
      sha256: typeof args["sha256"] === "string" ? args["sha256"] : null,
    }),
  "1.0/storageGet": (files, tx, component, args) => {
    const file = files.read(tx, component, text(args, "storageId"));
    if (file === null) return null;
    return {
      blob: Buffer.from(file.bytes).toString("base64"),
      contentType: file.contentType,
    };
  },
};

export function unknownOperation(op: string, isAsync: boolean): BackendError {
  if (op === "1.0/createServiceToken" || op === "1.0/getServiceUrl") {
    return new BackendError(
      "AiGatewayUnavailable",
      "The AI gateway is not available on this deployment",
    );
  }
  if (op === "1.0/signJwt") {
    return new BackendError(
      "SignJwtUnsupported",
      "ctx.auth.signJwt is not supported by this deployment: it has no signing key",
    );
  }
  return new BackendError(
    "UnknownOperation",
    `Unknown ${isAsync ? "async " : ""}operation ${op}`,
  );
}
