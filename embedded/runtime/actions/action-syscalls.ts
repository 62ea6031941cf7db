/** The main thread's side of an action: every syscall is a transaction of its own, durable when answered. */
import type { JSONValue } from "convex/values";
import { BackendError } from "../../database/backend-error";
import type { Clock, Database, Transaction } from "../../database/types";
import { FunctionError } from "../errors";
import type { FileStore } from "../files/file-store";
import { checkArguments, checkEncoding } from "../function-info";
import { storedPath } from "../function-path";
import { cancelJob, getJob, insertJob } from "../scheduled-jobs";
import {
  createHandle,
  type FunctionTarget,
  resolveAddress,
  type SyscallArgs,
} from "../syscalls/address";
import * as context from "../syscalls/context-syscalls";
import { text } from "../syscalls/database-syscalls";
import type { ResolvedCall } from "../resolved-call";
import type {
  ActionOutcome,
  FunctionFailure,
  Identity,
  RequestOrigin,
} from "../types";
import { tableNames, type UdfRunner } from "../udf-runner";
import type { SyscallAnswer } from "./job-handlers";
import type { StoredBytes } from "./worker-messages";

export interface RunningCall {
  target: FunctionTarget;
  identity: Identity | { kind: "invalid"; error: string };
  requestId: string;
  scheduledFunctionId: string | null;
  origin?: RequestOrigin;
}
export interface ActionHost {
  database: Pick<Database, "read" | "write">;
  clock: Clock;
  files: FileStore;
  udfs: Pick<UdfRunner, "schedulable">;
  childOf: (parent: string, name: string) => string | undefined;
  call(
    kind: "Query" | "Mutation" | "Action",
    call: ResolvedCall,
  ): Promise<ActionOutcome>;
}
type Handler = (
  args: SyscallArgs,
  bytes?: StoredBytes,
) => Promise<JSONValue> | JSONValue;

export class ActionSyscalls {
  readonly #host: ActionHost;
  readonly #call: RunningCall;
  readonly #handlers: { [op: string]: Handler };

  constructor(host: ActionHost, call: RunningCall) {
    this.#host = host;
    this.#call = call;
    this.#handlers = {
      ...this.#calls(),
      ...this.#context(),
      ...this.#storage(),
    };
  }

  async perform(
    op: string,
    argsText: string,
    bytes?: StoredBytes,
  ): Promise<SyscallAnswer> {
    const args = JSON.parse(argsText) as SyscallArgs;
    if (op === "storage/getBlob")
      return { value: "null", bytes: this.#readFile(args) };
    const handler = Object.hasOwn(this.#handlers, op)
      ? this.#handlers[op]
      : undefined;
    if (handler === undefined) throw context.unknownOperation(op, true);
    return { value: JSON.stringify(await handler(args, bytes)) };
  }

  #calls(): { [op: string]: Handler } {
    return {
      "1.0/actions/query": (args) => this.#run("Query", args),
      "1.0/actions/mutation": (args) => this.#run("Mutation", args),
      "1.0/actions/action": (args) => this.#run("Action", args),
      "1.0/actions/schedule": (args) => this.#schedule(args),
      "1.0/actions/cancel_job": (args) =>
        this.#write((tx) => {
          cancelJob(
            tx,
            this.#component,
            text(args, "id"),
            this.#host.clock.now(),
          );
          return null;
        }),
      "1.0/actions/vectorSearch": (args) => refuseVectorSearch(args),
      "1.0/createFunctionHandle": (args) => createHandle(this.#resolve(args)),
    };
  }

  #context(): { [op: string]: Handler } {
    const { target } = this.#call;
    return {
      "1.0/getUserIdentity": () => context.userIdentity(this.#validIdentity()),
      "1.0/getFunctionMetadata": () =>
        context.functionMetadata(target.path, target.componentPath),
      "1.0/getDeploymentMetadata": () => context.DEPLOYMENT_METADATA,
      "1.0/getRequestMetadata": () => context.requestMetadata(this.#call),
      "1.0/auditLog": () => {
        throw new BackendError(
          "AuditLogInAction",
          "Audit logging is not yet supported in actions",
        );
      },
    };
  }

  #storage(): { [op: string]: Handler } {
    const { files, database } = this.#host;
    const reads = Object.entries(context.storageReadSyscalls).map(
      ([op, read]): [string, Handler] => [
        op,
        (args) =>
          database.read((tx) => read(files, tx, this.#component, args)).value,
      ],
    );
    return {
      ...Object.fromEntries(reads),
      "1.0/storageGenerateUploadUrl": () =>
        files.generateUploadUrl(this.#component),
      "1.0/storageDelete": (args) => this.#deleteFile(text(args, "storageId")),
      "storage/storeBlob": (args, bytes) => this.#storeFile(args, bytes),
    };
  }

  get #component(): string {
    return this.#call.target.componentPath;
  }

  #validIdentity(): Identity {
    const { identity } = this.#call;
    if (identity.kind === "invalid")
      throw new BackendError("Unauthenticated", identity.error, {
        status: 401,
      });
    return identity;
  }

  #resolve(args: SyscallArgs): FunctionTarget {
    return resolveAddress(args, this.#component, this.#host.childOf);
  }

  async #run(
    kind: "Query" | "Mutation" | "Action",
    args: SyscallArgs,
  ): Promise<JSONValue> {
    const target = this.#resolve(args);
    const identity = this.#identityFor(target);
    const outcome = await this.#host.call(kind, {
      target,
      args: args["args"] ?? {},
      identity,
      origin: this.#originFor(identity),
      caller: "Action",
      requestId: this.#call.requestId,
      allowInternal: true,
    });
    if (outcome.kind === "ok") return outcome.value;
    throw callerError(outcome);
  }

  /** A token goes no further than the identity that it proves. */
  #originFor(identity: Identity): RequestOrigin {
    const { origin, scheduledFunctionId } = this.#call;
    const authToken =
      identity.kind === "user" ? (origin?.authToken ?? null) : null;
    return {
      ip: origin?.ip ?? null,
      userAgent: origin?.userAgent ?? null,
      authToken,
      scheduledFunctionId:
        scheduledFunctionId ?? origin?.scheduledFunctionId ?? null,
    };
  }

  /** Users are known to the app only; the admin is known everywhere. */
  #identityFor(target: FunctionTarget): Identity {
    const { identity } = this.#call;
    if (identity.kind === "invalid") return { kind: "none" };
    const withinApp = this.#component === "" && target.componentPath === "";
    return identity.kind === "user" && !withinApp ? { kind: "none" } : identity;
  }

  #schedule(args: SyscallArgs): Promise<JSONValue> {
    const target = this.#resolve(args);
    const info = this.#host.udfs.schedulable(target, 0);
    checkEncoding(args["args"] ?? {}, target.path, { mayHaveCommitTs: false });
    return this.#write((tx) => {
      checkArguments(
        info,
        args["args"] ?? {},
        tableNames(tx, target.componentPath),
      );
      return insertJob(tx, target.componentPath, {
        name: storedPath(target.path),
        args: args["args"] ?? {},
        scheduledTime: Number(args["ts"]) * 1000,
        nowMs: this.#host.clock.now(),
        ...(this.#isCanceled(tx) ? { state: { kind: "canceled" } } : {}),
      });
    });
  }

  /** What a canceled action still schedules is created canceled. */
  #isCanceled(tx: Transaction): boolean {
    const id = this.#call.scheduledFunctionId;
    return (
      id !== null && getJob(tx, this.#component, id)?.state.kind === "canceled"
    );
  }

  async #write(body: (tx: Transaction) => JSONValue): Promise<JSONValue> {
    return (await this.#host.database.write(body)).value;
  }

  async #deleteFile(storageId: string): Promise<null> {
    const { database, files } = this.#host;
    const removeBytes = await database.write((tx) =>
      files.remove(tx, this.#component, storageId),
    );
    removeBytes.value();
    return null;
  }

  #storeFile(
    args: SyscallArgs,
    file: StoredBytes | undefined,
  ): Promise<string> {
    if (file === undefined) throw new Error("Expected the bytes of a file");
    const options = args["options"] as { sha256?: string } | null | undefined;
    return this.#host.files.store(this.#component, {
      body: once(file.bytes),
      contentType: file.contentType,
      digest: options?.sha256 ?? null,
    });
  }

  #readFile(args: SyscallArgs): StoredBytes | null {
    return this.#host.database.read((tx) =>
      this.#host.files.read(tx, this.#component, text(args, "storageId")),
    ).value;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** A schema with a vector index is refused, so there can be none. */
function refuseVectorSearch(args: SyscallArgs): never {
  const query = args["query"] as { indexName?: string } | undefined;
  throw new BackendError(
    "VectorSearchNotSupported",
    `Vector index ${query?.indexName ?? ""} not found: this backend does not support vector search.`,
  );
}

/** The inner text without its request id; ConvexError data survives. */
function callerError(failure: FunctionFailure): Error {
  const message = failure.errorMessage
    .replace(/^\[Request ID: [^\]]*\] Server Error\n/, "")
    .trimEnd();
  return new FunctionError(
    message,
    failure.errorData === undefined ? {} : { data: failure.errorData },
  );
}
