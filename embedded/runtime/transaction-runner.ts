/** Queries and mutations as whole transactions: snapshot, logs, replay, scheduled state, outcome. */
import type { JSONValue } from "convex/values";
import { BackendError } from "../database/backend-error";
import type {
  Clock,
  Database,
  DocumentJson,
  Random,
  Transaction,
} from "../database/types";
import { encodeInt64, resolveCommitTs } from "../values/commit-ts";
import type { Deployment } from "./deployment";
import { clientErrorText, FunctionError } from "./errors";
import {
  type Execution,
  type Frame,
  newExecution,
  seedFrom,
} from "./execution";
import { type FunctionInfo, notFound } from "./function-info";
import { LogBuffer } from "./log-lines";
import type { RuntimeLimits } from "./limits";
import { markStarted, markSucceeded } from "./scheduled-run";
import type { FunctionTarget } from "./syscalls/address";
import type {
  FunctionCall,
  FunctionFailure,
  LogEntry,
  MutationOutcome,
  QueryOutcome,
} from "./types";
import type { UdfRunner } from "./udf-runner";

export type ResolvedCall = Omit<FunctionCall, "path" | "componentPath"> & {
  target: FunctionTarget;
};

export interface TransactionRunnerOptions {
  database: Database;
  deployment: () => Deployment;
  udfs: UdfRunner;
  clock: Clock;
  random: Random;
  limits: RuntimeLimits;
  log: (entry: LogEntry) => void;
}

type Finished = {
  value: JSONValue;
  replayed?: { ts: bigint; logLines: string[] };
};

export class TransactionRunner {
  readonly #options: TransactionRunnerOptions;

  constructor(options: TransactionRunnerOptions) {
    this.#options = options;
  }

  runQuery(call: ResolvedCall): QueryOutcome {
    const started = performance.now();
    const read = this.#options.database.read((tx) => {
      const execution = this.#execution(tx, call);
      const result = attempt(() => this.#run(call, "Query", execution));
      return { execution, result };
    }, call.atTs);
    const { execution, result } = read.value;
    const error = result.ok ? null : result.error;
    this.#log(call, { udfType: "Query", execution, started, error });
    const common = {
      ts: read.ts,
      reads: read.reads,
      journal: execution.journal.produced,
      readIdentity: execution.readIdentity,
    };
    const logLines = execution.logs.forClient();
    if (result.ok)
      return { kind: "ok", value: result.value, logLines, ...common };
    return { ...failureOf(result.error, call.requestId, logLines), ...common };
  }

  async runMutation(call: ResolvedCall): Promise<MutationOutcome> {
    const started = performance.now();
    let execution: Execution | null = null;
    try {
      const written = await this.#options.database.write((tx) => {
        execution = this.#execution(tx, call);
        return this.#mutate(call, execution);
      });
      return this.#succeeded(call, written, {
        execution: known(execution),
        started,
      });
    } catch (error) {
      const ran = execution as Execution | null;
      if (ran !== null)
        this.#log(call, {
          udfType: "Mutation",
          execution: ran,
          started,
          error,
        });
      return failureOf(error, call.requestId, ran?.logs.forClient() ?? []);
    }
  }

  #succeeded(
    call: ResolvedCall,
    written: { value: Finished; ts: bigint },
    ran: { execution: Execution; started: number },
  ): MutationOutcome {
    const { value, replayed } = written.value;
    if (replayed !== undefined) return { kind: "ok", value, ...replayed };
    for (const work of ran.execution.afterCommit) work();
    this.#log(call, { udfType: "Mutation", ...ran, error: null });
    const logLines = ran.execution.logs.forClient();
    return {
      kind: "ok",
      value: resolveCommitTs(value, written.ts),
      logLines,
      ts: written.ts,
    };
  }

  #mutate(call: ResolvedCall, execution: Execution): Finished {
    const replayed = findReplay(execution.tx, call);
    if (replayed !== null) return replayed;
    markStarted(execution, call.target.componentPath);
    const value = this.#run(call, "Mutation", execution);
    markSucceeded(execution, call.target.componentPath);
    recordReplay(execution, call, value);
    return { value };
  }

  #run(
    call: ResolvedCall,
    udfType: "Query" | "Mutation",
    execution: Execution,
  ): JSONValue {
    const info = this.find(call);
    const seed = seedFrom(this.#options.random.bytes(16));
    const frame: Frame = { execution, ...call.target, udfType, depth: 0, seed };
    return this.#options.udfs.run(frame, info, call.args);
  }

  /** Those who may not call internal functions are told that there are none. */
  find(call: ResolvedCall): FunctionInfo {
    const { componentPath, path } = call.target;
    const info = this.#options.deployment().find(componentPath, path, 0);
    const visible =
      info !== undefined &&
      (call.allowInternal || info.visibility?.kind === "public");
    if (!visible)
      throw notFound(
        path,
        componentPath,
        call.allowInternal ? "any" : "public",
      );
    return info;
  }

  #execution(tx: Transaction, call: ResolvedCall): Execution {
    const { clock, limits } = this.#options;
    return newExecution(tx, call, {
      nowMs: Math.floor(clock.now()),
      logs: new LogBuffer(limits, () => clock.now()),
    });
  }

  #log(
    call: ResolvedCall,
    run: {
      udfType: "Query" | "Mutation";
      execution: Execution;
      started: number;
      error: unknown;
    },
  ): void {
    const { componentPath, path } = call.target;
    this.#options.log({
      kind: "Completion",
      udfType: run.udfType,
      componentPath: componentPath === "" ? null : componentPath,
      identifier: `${path.module.replace(/\.js$/, "")}:${path.name}`,
      timestampMs: this.#options.clock.now(),
      lines: run.execution.logs.lines,
      error: run.error === null ? null : messageOf(run.error),
      executionTimeMs: performance.now() - run.started,
      requestId: call.requestId,
      caller: call.caller,
      environment: "isolate",
    });
  }
}

type Attempt = { ok: true; value: JSONValue } | { ok: false; error: unknown };

function attempt(work: () => JSONValue): Attempt {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    return { ok: false, error };
  }
}

function known(execution: Execution | null): Execution {
  if (execution === null) throw new Error("The transaction's body did not run");
  return execution;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Developer errors become the text clients see; overload and the like close the socket or set the HTTP status. */
export function failureOf(
  error: unknown,
  requestId: string,
  logLines: string[],
): FunctionFailure {
  const errorMessage = clientErrorText(requestId, messageOf(error));
  const failure: FunctionFailure = { kind: "failed", errorMessage, logLines };
  if (error instanceof FunctionError)
    return error.data === undefined
      ? failure
      : { ...failure, errorData: error.data };
  if (!(error instanceof BackendError))
    return { ...failure, system: { status: 500, code: "InternalServerError" } };
  const withData =
    error.data === undefined ? failure : { ...failure, errorData: error.data };
  return error.status < 500 && error.status !== 429
    ? withData
    : { ...withData, system: { status: error.status, code: error.code } };
}

const REPLAYS = "_session_requests";

function findReplay(tx: Transaction, call: ResolvedCall): Finished | null {
  if (call.idempotency === undefined) return null;
  const { sessionId, requestId } = call.idempotency;
  const row = tx.system
    .query("", {
      source: {
        type: "IndexRange",
        indexName: `${REPLAYS}.by_session_and_request`,
        range: [
          { type: "Eq", fieldPath: "sessionId", value: sessionId },
          { type: "Eq", fieldPath: "requestId", value: requestId },
        ],
        order: "asc",
      },
      operators: [],
    })
    .next();
  return row === null ? null : parseReplay(row);
}

/** The result is kept as text so that any value fits, whatever its shape. */
function recordReplay(
  execution: Execution,
  call: ResolvedCall,
  value: JSONValue,
): void {
  if (call.idempotency === undefined) return;
  execution.tx.system.insert("", REPLAYS, {
    ...call.idempotency,
    result: JSON.stringify({ value, logLines: execution.logs.forClient() }),
    ts: { $commitTs: null },
  });
}

function parseReplay(row: DocumentJson): Finished {
  const { value, logLines } = JSON.parse(String(row["result"])) as {
    value: JSONValue;
    logLines: string[];
  };
  const ts = decodeInt64(row["ts"]);
  return { value: resolveCommitTs(value, ts), replayed: { ts, logLines } };
}

function decodeInt64(value: JSONValue | undefined): bigint {
  const text = (value as { $integer?: string } | undefined)?.$integer;
  if (text === undefined)
    throw new Error(
      `Expected a commit timestamp, got ${JSON.stringify(value ?? encodeInt64(0n))}`,
    );
  return Buffer.from(text, "base64").readBigInt64LE();
}
