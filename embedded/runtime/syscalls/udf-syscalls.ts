/** Every syscall of a query or mutation: the services of its realm while its frame runs. */
import type { JSONValue } from "convex/values";
import { BackendError } from "../../database/backend-error";
import { encodeInt64 } from "../../values/commit-ts";
import { type Execution, type Frame, readEnv } from "../execution";
import { storedPath } from "../function-path";
import { sizeOf } from "../../values/value-limits";
import {
  checkArguments,
  checkEncoding,
  type FunctionInfo,
} from "../function-info";
import type { RuntimeLimits } from "../limits";
import type { RealmServices } from "../realm/realm-services";
import { isWatchedEarly } from "../realm/watchdog";
import { cancelJob, insertJob } from "../scheduled-jobs";
import { createHandle, type FunctionTarget, type SyscallArgs } from "./address";
import {
  DEPLOYMENT_METADATA,
  functionMetadata,
  identityIn,
  requestMetadata,
  storageReadSyscalls,
  type StorageSyscall,
  storageWriteSyscalls,
  unknownOperation,
  userIdentity,
} from "./context-syscalls";
import {
  databaseReads,
  databaseWrites,
  normalizeId,
  openQuery,
  QueryStreams,
  text,
  type UdfCall,
  type UdfSyscalls,
} from "./database-syscalls";
import { jsonTextOf } from "./json-text";
import type { UdfHost } from "./udf-host";

const RUN_UDF = "1.0/runUdf";

export function udfServices(frame: Frame, host: UdfHost): RealmServices {
  const streams = new QueryStreams();
  const call: UdfCall = { frame, host, streams };
  const syscalls = SYSCALLS[frame.udfType];
  const { execution } = frame;
  return {
    syscall: (op, args) =>
      JSON.stringify(syncSyscall(frame, streams, op, parse(args))),
    runsFunction: (op) => op === RUN_UDF,
    mayShareTime: () => mayShareTime(execution),
    patience: execution.watch.patience,
    followsPromises: execution.watch.followsPromises,
    asyncSyscall: (op, args) => {
      const syscall = Object.hasOwn(syscalls, op) ? syscalls[op] : undefined;
      if (syscall === undefined) throw unknownOperation(op, true);
      return jsonTextOf(
        timed(frame, host.limits, () => syscall(call, parse(args))),
      );
    },
    log: (level, messages) => void execution.logs.add(level, messages),
    env: (name) =>
      host.componentEnv(frame.componentPath, readEnv(execution))[name],
    nowMs: execution.nowMs,
    seed: frame.seed,
    clockAdvances: frame.udfType === "Mutation",
  };
}

/**
 * A function that is called runs within the watched time of its caller, which is right for the many that are quick. One
 * that is stopped although neither had used up its own time is executed again with times apart.
 */
function mayShareTime(execution: Execution): boolean {
  if (execution.watch.mode === "apart" || !isWatchedEarly()) return false;
  execution.watch.mode = "shared";
  return true;
}

function parse(args: string): SyscallArgs {
  return JSON.parse(args) as SyscallArgs;
}

/** Time in nested functions counts for the innermost frame only. */
function timed<Answer>(
  frame: Frame,
  limits: RuntimeLimits,
  work: () => Answer,
): Answer {
  const { execution } = frame;
  const before = performance.now();
  const alreadyMs = execution.systemMs;
  const value = work();
  if (frame.depth === 0)
    execution.systemMs = alreadyMs + performance.now() - before;
  if (execution.systemMs <= limits.systemTimeMs) return value;
  throw new BackendError(
    "SystemTimeoutError",
    "Your request timed out performing too many system operations.",
  );
}

/** With these, suites of tests try what clients do when the host is in trouble. */
function hostTrouble(op: "throwOcc" | "throwOverloaded"): BackendError {
  const [code, text] =
    op === "throwOcc"
      ? [
          "OptimisticConcurrencyControlFailure",
          "Documents read from or written to this deployment changed while this mutation was being run",
        ]
      : ["Busy", "I'm a bit busy."];
  return new BackendError(code, text, { status: 503 });
}

function syncSyscall(
  frame: Frame,
  streams: QueryStreams,
  op: string,
  args: SyscallArgs,
): JSONValue {
  switch (op) {
    case "1.0/queryStream":
      return openQuery(frame, streams, args);
    case "1.0/queryCleanup":
      return streams.close(Number(args["queryId"]));
    case "1.0/db/normalizeId":
      return normalizeId(frame, args);
    case "1.0/getSnapshotTs":
      return encodeInt64(frame.execution.tx.beginTs);
    case "1.0/componentArgument":
      return {};
    case "throwOcc":
    case "throwOverloaded":
      throw hostTrouble(op);
    default:
      throw unknownOperation(op, false);
  }
}

const context: UdfSyscalls = {
  "1.0/getUserIdentity": ({ frame: { execution, componentPath } }) => {
    execution.readIdentity = true;
    execution.tx.dependOn("identity");
    return userIdentity(identityIn(componentPath, execution.identity));
  },
  [RUN_UDF]: ({ frame, host }, args) => host.runNested(frame, args),
  "1.0/createFunctionHandle": ({ frame, host }, args) =>
    createHandle(host.resolve(args, frame)),
  "1.0/getFunctionMetadata": ({ frame }) =>
    functionMetadata(frame.path, frame.componentPath),
  "1.0/getDeploymentMetadata": () => DEPLOYMENT_METADATA,
  "1.0/getTransactionMetrics": ({ frame, host }) =>
    transactionMetrics(frame, host.limits),
  "1.0/auditLog": () => null,
};

const queryOnly: UdfSyscalls = {
  "1.0/getRequestMetadata": () => {
    throw new BackendError(
      "RequestMetadataInQuery",
      "Cannot get request metadata in a Query",
    );
  },
};

const mutationOnly: UdfSyscalls = {
  "1.0/schedule": ({ frame, host }, args) => schedule(frame, host, args),
  "1.0/cancel_job": ({ frame }, args) => cancel(frame, text(args, "id")),
  "1.0/getRequestMetadata": ({ frame }) => requestMetadata(frame.execution),
  "1.0/storageDelete": ({ frame, host }, args) => {
    const { execution, componentPath } = frame;
    execution.afterCommit.push(
      host.files.remove(execution.tx, componentPath, text(args, "storageId")),
    );
    return null;
  },
};

function onFiles(syscalls: {
  readonly [op: string]: StorageSyscall;
}): UdfSyscalls {
  const entries = Object.entries(syscalls).map(([op, run]) => {
    const syscall: UdfSyscalls[string] = ({ frame, host }, args) =>
      run(host.files, frame.execution.tx, frame.componentPath, args);
    return [op, syscall] as const;
  });
  return Object.fromEntries(entries);
}

const both = {
  ...databaseReads,
  ...context,
  ...onFiles(storageReadSyscalls),
};
const SYSCALLS: Record<Frame["udfType"], UdfSyscalls> = {
  Query: { ...both, ...queryOnly },
  Mutation: {
    ...both,
    ...databaseWrites,
    ...mutationOnly,
    ...onFiles(storageWriteSyscalls),
  },
};

/** Checks target and arguments now, so that a mistake fails the scheduler and not the scheduled. */
function schedule(frame: Frame, host: UdfHost, args: SyscallArgs): JSONValue {
  const { execution } = frame;
  const target = host.resolve(args, frame);
  const info = host.schedulable(target, frame.depth + 1);
  checkEncoding(args["args"] ?? {}, target.path, { mayHaveCommitTs: false });
  checkArguments(info, args["args"] ?? {}, (number) =>
    execution.tx.tableName(target.componentPath, number),
  );
  countScheduled(frame, host.limits, args["args"] ?? {});
  return insertJob(execution.tx, target.componentPath, {
    name: storedPath(target.path),
    args: args["args"] ?? {},
    scheduledTime: Number(args["ts"]) * 1000,
    nowMs: execution.nowMs,
  });
}

function countScheduled(
  frame: Frame,
  limits: RuntimeLimits,
  args: JSONValue,
): void {
  const { scheduled } = frame.execution;
  scheduled.functions += 1;
  scheduled.argumentBytes += sizeOf(args);
  if (scheduled.functions > limits.scheduledFunctions) {
    throw new BackendError(
      "TooManyFunctionsScheduled",
      `Too many functions scheduled by this mutation (limit: ${limits.scheduledFunctions})`,
    );
  }
  if (scheduled.argumentBytes > limits.scheduledArgumentBytes) {
    throw new BackendError(
      "ScheduledFunctionsArgumentsTooLarge",
      `Too large total size of the arguments of scheduled functions from this mutation (limit: ${limits.scheduledArgumentBytes} bytes)`,
    );
  }
}

function cancel(frame: Frame, id: string): null {
  const { execution } = frame;
  if (execution.scheduledFunctionId === id) {
    throw new BackendError(
      "SelfCancellation",
      "A mutation cannot cancel itself",
    );
  }
  cancelJob(execution.tx, frame.componentPath, id, execution.nowMs);
  return null;
}

function transactionMetrics(frame: Frame, limits: RuntimeLimits): JSONValue {
  const { metrics } = frame.execution.tx;
  const { scheduled } = frame.execution;
  const usage = (used: number, limit: number) => ({
    used,
    remaining: Math.max(0, limit - used),
  });
  return {
    bytesRead: usage(metrics.bytesRead, 16 * 1024 * 1024),
    bytesWritten: usage(metrics.bytesWritten, 16 * 1024 * 1024),
    databaseQueries: usage(metrics.databaseQueries, 4096),
    documentsRead: usage(metrics.documentsRead, 32_000),
    documentsWritten: usage(metrics.documentsWritten, 16_000),
    functionsScheduled: usage(scheduled.functions, limits.scheduledFunctions),
    scheduledFunctionArgsBytes: usage(
      scheduled.argumentBytes,
      limits.scheduledArgumentBytes,
    ),
  };
}

/** `info` of the target, if there is such a function. */
export function checkSchedulable(
  target: FunctionTarget,
  info: FunctionInfo | undefined,
  hasModule: boolean,
): FunctionInfo {
  if (info === undefined) throw scheduleProblem(target, hasModule);
  if (info.udfType !== "Query") return info;
  throw new BackendError(
    "InvalidScheduledFunction",
    "Only mutations and actions can be scheduled",
  );
}

/** Texts of scheduling something that is not there. */
function scheduleProblem(
  target: FunctionTarget,
  hasModule: boolean,
): BackendError {
  const { module } = target.path;
  if (!hasModule) {
    return new BackendError(
      "InvalidScheduledFunction",
      `Attempted to schedule function at nonexistent path: ${module}`,
    );
  }
  return new BackendError(
    "InvalidScheduledFunction",
    `Attempted to schedule function, but no exported function ${target.path.name} found in the file: ${module}. Did you forget to export it?`,
  );
}
