/** Runs queries and mutations inside a transaction that is already open, and the functions they call. */
import type { JSONValue } from "convex/values";
import { BackendError } from "../database/backend-error";
import type { ComponentPath, Transaction } from "../database/types";
import type { Deployment } from "./deployment";
import { FunctionError } from "./errors";
import { checkpoint, deriveSeed, type Frame } from "./execution";
import type { FileStore } from "./files/file-store";
import {
  checkArguments,
  checkEncoding,
  checkReturns,
  checkSize,
  type FunctionInfo,
  notFound,
  wrongType,
} from "./function-info";
import type { RuntimeLimits } from "./limits";
import type { HandlerRun } from "./realm/handler-run";
import {
  type FunctionTarget,
  resolveAddress,
  type SyscallArgs,
} from "./syscalls/address";
import type { UdfHost } from "./syscalls/udf-host";
import { checkSchedulable, udfServices } from "./syscalls/udf-syscalls";

const UDF_TYPES: { [name: string]: "Query" | "Mutation" } = {
  query: "Query",
  snapshotQuery: "Query",
  mutation: "Mutation",
};
/** `finish` throws what `UdfRunner.run` throws. */
export type StartedUdf = { handler: HandlerRun; finish: () => JSONValue };

const METHODS = { Query: "invokeQuery", Mutation: "invokeMutation" } as const;

export class UdfRunner {
  readonly #deployment: () => Deployment;
  readonly #host: UdfHost;
  readonly #limits: RuntimeLimits;

  constructor(options: {
    deployment: () => Deployment;
    files: FileStore;
    limits: RuntimeLimits;
    componentEnv: UdfHost["componentEnv"];
  }) {
    this.#deployment = options.deployment;
    this.#limits = options.limits;
    this.#host = {
      files: options.files,
      limits: options.limits,
      componentEnv: options.componentEnv,
      resolve: (args, frame) => this.#resolve(args, frame.componentPath),
      schedulable: (target, depth) => this.schedulable(target, depth),
      runNested: (frame, args) => this.#runNested(frame, args),
    };
  }

  /** Throws `FunctionError` when it is the function's fault; then the transaction must be dropped or rolled back. */
  run(frame: Frame, info: FunctionInfo, args: JSONValue): JSONValue {
    const started = this.begin(frame, info, args);
    started.handler.start();
    return started.finish();
  }

  /** For callers that watch over the time themselves: they run the handler's first part, and then `finish`. */
  begin(frame: Frame, info: FunctionInfo, args: JSONValue): StartedUdf {
    checkCall(frame, info, args, this.#limits);
    const handler = this.#handler(frame, args);
    return {
      handler,
      finish: () => {
        const value = JSON.parse(handler.finish()) as JSONValue;
        checkResult(frame, info, value, this.#limits);
        return value;
      },
    };
  }

  #handler(frame: Frame, args: JSONValue): HandlerRun {
    const realm = this.#deployment().realm(frame.componentPath, frame.depth);
    const call = {
      module: frame.path.module,
      name: frame.path.name,
      method: METHODS[frame.udfType],
      args: JSON.stringify([args]),
    };
    return realm.begin(call, udfServices(frame, this.#host));
  }

  schedulable(target: FunctionTarget, depth: number): FunctionInfo {
    const deployment = this.#deployment();
    const info = deployment.find(target.componentPath, target.path, depth);
    const hasModule = deployment.hasModule(
      target.componentPath,
      target.path.module,
    );
    return checkSchedulable(target, info, hasModule);
  }

  #resolve(args: SyscallArgs, from: ComponentPath): FunctionTarget {
    return resolveAddress(args, from, (parent, name) =>
      this.#deployment().childOf(parent, name),
    );
  }

  /** A sub-transaction: what a throwing child wrote is undone, and its caller may catch the error. */
  #runNested(parent: Frame, args: SyscallArgs): JSONValue {
    const target = this.#resolve(args, parent.componentPath);
    const kind = String(args["udfType"]);
    const frame = childFrame(parent, target, kind, this.#limits);
    const info = this.#deployment().find(
      target.componentPath,
      target.path,
      frame.depth,
    );
    if (info === undefined)
      throw asCallerError(notFound(target.path, target.componentPath, "any"));
    const undo = checkpoint(parent.execution);
    try {
      return this.run(frame, info, args["args"] ?? {});
    } catch (error) {
      undo();
      throw asCallerError(error);
    }
  }
}

/** The frame of a function called from `parent`; throws when there may be none. */
export function childFrame(
  parent: Frame,
  target: FunctionTarget,
  kind: string,
  limits: RuntimeLimits,
): Frame {
  const udfType = UDF_TYPES[kind];
  if (udfType === undefined)
    throw new BackendError(
      "InvalidUdfType",
      `Cannot call a ${kind} function from here`,
    );
  if (parent.udfType === "Query" && kind !== "query") {
    throw new BackendError(
      "InvalidUdfType",
      `Cannot call a ${kind} function from a query function`,
    );
  }
  if (parent.depth + 1 > limits.callDepth) {
    throw new BackendError(
      "MaxCallDepthExceeded",
      "Cross component call depth limit exceeded. Do you have an infinite loop in your app?",
    );
  }
  const seed = deriveSeed(parent.seed, String(parent.execution.calls++));
  const execution =
    kind === "snapshotQuery"
      ? { ...parent.execution, tx: parent.execution.tx.asBegun() }
      : parent.execution;
  return { execution, ...target, udfType, depth: parent.depth + 1, seed };
}

/** Before a function runs: its type, the size of its arguments, and its validator. */
export function checkCall(
  frame: Frame,
  info: FunctionInfo,
  args: JSONValue,
  limits: RuntimeLimits,
): void {
  if (info.udfType !== frame.udfType)
    throw wrongType(frame.path, frame.udfType, info.udfType);
  checkEncoding(args, frame.path, { mayHaveCommitTs: frame.depth > 0 });
  checkSize(args, frame.path, limits.argumentBytes, "args");
  checkArguments(info, args, tableNamesOf(frame));
}

/** After it has returned. */
export function checkResult(
  frame: Frame,
  info: FunctionInfo,
  value: JSONValue,
  limits: RuntimeLimits,
): void {
  checkSize(value, frame.path, limits.argumentBytes, "returns");
  checkReturns(info, value, tableNamesOf(frame));
}

function tableNamesOf({
  execution,
  componentPath,
}: Frame): (tableNumber: number) => string | null {
  return tableNames(execution.tx, componentPath);
}

export function tableNames(
  tx: Transaction,
  component: ComponentPath,
): (tableNumber: number) => string | null {
  return (tableNumber) => tx.tableName(component, tableNumber);
}

/** What the calling function catches: the whole text, and the data of a ConvexError. */
export function asCallerError(error: unknown): unknown {
  if (!(error instanceof FunctionError)) return error;
  const message = error.message;
  return error.data === undefined
    ? new Error(message)
    : Object.assign(new Error(message), { data: error.data });
}
