/** The state of one transaction's execution: shared by the called function and every function it calls. */
import { createHash } from "node:crypto";
import type {
  ComponentPath,
  DocumentJson,
  Transaction,
} from "../database/types";
import { TimedOut, UnclearEnd } from "./errors";
import type { FunctionPath } from "./function-path";
import type { LogBuffer } from "./log-lines";
import type { Seed } from "./realm/realm-services";
import type { Caller, FunctionCall, Identity, RequestOrigin } from "./types";

export interface Execution {
  tx: Transaction;
  identity: Identity;
  requestId: string;
  caller: Caller;
  nowMs: number;
  logs: LogBuffer;
  scheduledFunctionId: string | null;
  origin: RequestOrigin | undefined;
  journal: {
    given: string | null;
    produced: string | null;
    paginated: boolean;
  };
  readIdentity: boolean;
  scheduled: { functions: number; argumentBytes: number };
  /** Work for after the commit, such as deleting the bytes of deleted files. */
  afterCommit: (() => void)[];
  env: { [name: string]: string } | null;
  /** Nested calls so far: part of the seed of the next. */
  calls: number;
  systemMs: number;
  /** An object, because executions that differ in their transaction share it. */
  watch: {
    /** Whose time a function that is called uses up. */
    mode: "own" | "shared" | "apart";
    /** How many times its limit a function may take by the clock, for want of a processor. */
    patience: number;
    followsPromises: boolean;
  };
}

/** For what was stopped for want of a processor, and for what is not tried again. */
export const PATIENCE = 5;

/** For another try after `error`, or null when there is no reason to try again. */
export function secondTry(
  { watch }: Execution,
  error: unknown,
): Execution["watch"] | null {
  if (error instanceof UnclearEnd) return { ...watch, followsPromises: true };
  if (!(error instanceof TimedOut) || watch.mode === "apart") return null;
  if (error.isStarved) return { ...watch, mode: "apart", patience: PATIENCE };
  return watch.mode === "shared"
    ? { ...watch, mode: "apart", patience: 1 }
    : null;
}

export function newExecution(
  tx: Transaction,
  call: Pick<
    FunctionCall,
    | "identity"
    | "requestId"
    | "caller"
    | "journal"
    | "scheduledFunctionId"
    | "origin"
  >,
  surroundings: { nowMs: number; logs: LogBuffer },
): Execution {
  return {
    tx,
    identity: call.identity,
    requestId: call.requestId,
    caller: call.caller,
    nowMs: surroundings.nowMs,
    logs: surroundings.logs,
    scheduledFunctionId: call.scheduledFunctionId ?? null,
    origin: call.origin,
    journal: { given: call.journal ?? null, produced: null, paginated: false },
    readIdentity: false,
    scheduled: { functions: 0, argumentBytes: 0 },
    afterCommit: [],
    env: null,
    calls: 0,
    systemMs: 0,
    watch: { mode: "own", patience: 1, followsPromises: false },
  };
}

/** Where a nested function starts: calling the result undoes what it has done since, in the database and here. */
export function checkpoint(execution: Execution): () => void {
  const { tx, scheduled, afterCommit } = execution;
  const savepoint = tx.savepoint();
  const before = { ...scheduled };
  const works = afterCommit.length;
  return () => {
    tx.rollbackTo(savepoint);
    Object.assign(scheduled, before);
    afterCommit.length = works;
  };
}

/** One function on the call stack of an execution. */
export interface Frame {
  execution: Execution;
  componentPath: ComponentPath;
  path: FunctionPath;
  udfType: "Query" | "Mutation";
  depth: number;
  seed: Seed;
}

/** The deployment's variables as of this snapshot; from then on the result depends on them. */
export function readEnv(execution: Execution): { [name: string]: string } {
  execution.env ??= environmentOf(execution.tx);
  return execution.env;
}

export function environmentOf(tx: Transaction): { [name: string]: string } {
  tx.dependOn("env");
  const env: { [name: string]: string } = {};
  for (const row of systemRows(tx, "", "_environment_variables"))
    env[String(row["name"])] = String(row["value"]);
  return env;
}

/** All rows of a system table, oldest first. */
export function systemRows(
  tx: Transaction,
  component: ComponentPath,
  table: string,
): DocumentJson[] {
  const stream = tx.system.query(component, {
    source: { type: "FullTableScan", tableName: table, order: "asc" },
    operators: [],
  });
  const rows: DocumentJson[] = [];
  for (let row = stream.next(); row !== null; row = stream.next())
    rows.push(row);
  return rows;
}

/** Nested functions have randomness of their own, derived so that the same calls give the same values. */
export function deriveSeed(seed: Seed, salt: string): Seed {
  const digest = createHash("sha256")
    .update(`${seed.join(",")}|${salt}`)
    .digest();
  return [
    digest.readUInt32LE(0),
    digest.readUInt32LE(4),
    digest.readUInt32LE(8),
    digest.readUInt32LE(12),
  ];
}

export function seedFrom(bytes: Uint8Array): Seed {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  return [
    view.getUint32(0),
    view.getUint32(4),
    view.getUint32(8),
    view.getUint32(12),
  ];
}
