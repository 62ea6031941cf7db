/** Queries and mutations as whole transactions: snapshot, logs, replay, scheduled state, outcome. */
import { BackendError } from "../database/backend-error";
import type { Clock, Database, Random, Transaction } from "../database/types";
import { StorageError } from "../storage/storage-error";
import { resolveCommitTs } from "../values/commit-ts";
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
import { MutationQueue } from "./mutation-queue";
import { Replays } from "./mutation-replay";
import {
  type MutationEnd,
  type MutationHost,
  MutationRun,
} from "./mutation-run";
import type { QueryEnd, QueryHost, QueryRun } from "./query-run";
import { QueryRunner } from "./query-runner";
import { logStorageFailure, storageFailureText } from "./storage-failure";
import type {
  FunctionFailure,
  LogEntry,
  MutationOutcome,
  QueryOutcome,
} from "./types";
import type { ResolvedCall } from "./resolved-call";
import type { StartedUdf, UdfRunner } from "./udf-runner";

export interface TransactionRunnerOptions {
  database: Database;
  deployment: () => Deployment;
  udfs: UdfRunner;
  clock: Clock;
  random: Random;
  limits: RuntimeLimits;
  log: (entry: LogEntry) => void;
}

export class TransactionRunner {
  readonly #options: TransactionRunnerOptions;
  readonly #queries: QueryRunner<QueryOutcome>;
  readonly #mutations: MutationQueue;
  readonly #replays: Replays;

  constructor(options: TransactionRunnerOptions) {
    this.#options = options;
    this.#queries = this.#newQueryRunner();
    this.#replays = new Replays(options.database.answers);
    this.#mutations = new MutationQueue(options.limits.userTimeMs);
  }

  runQuery(call: ResolvedCall): QueryOutcome {
    return this.#queries.run(call);
  }

  /** The outcomes of the first calls, of at least one: none begins after `until`. */
  runQueries(calls: readonly ResolvedCall[], until: number): QueryOutcome[] {
    return this.#queries.runTogether(calls, until);
  }

  #newQueryRunner(): QueryRunner<QueryOutcome> {
    const host: QueryHost = {
      database: this.#options.database,
      newExecution: (tx, call) => this.#execution(tx, call),
      begin: (execution, call) => this.#begin(call, "Query", execution),
    };
    return new QueryRunner(host, this.#options.limits.userTimeMs, (run, end) =>
      this.#queryOutcome(run, end),
    );
  }

  #queryOutcome(
    { call, execution, startedAt: started }: QueryRun,
    end: QueryEnd,
  ): QueryOutcome {
    const error = end.ok ? null : end.error;
    this.#log(call, { udfType: "Query", execution, started, error });
    const common = {
      ts: execution.tx.beginTs,
      reads: execution.tx.reads,
      journal: execution.journal.produced,
      readIdentity: execution.readIdentity,
    };
    const logLines = execution.logs.forClient();
    if (end.ok) return { kind: "ok", value: end.value, logLines, ...common };
    return { ...failureOf(end.error, call.requestId, logLines), ...common };
  }

  runMutation(call: ResolvedCall): Promise<MutationOutcome> {
    const started = performance.now();
    return new Promise((resolve) => {
      const ended = (end: MutationEnd): void =>
        resolve(this.#outcomeOf(call, end, started));
      this.#mutations.add(new MutationRun(this.#mutationHost(), call, ended));
    });
  }

  get waitingMutations(): number {
    return this.#mutations.length;
  }

  #mutationHost(): MutationHost {
    return {
      database: this.#options.database,
      replays: this.#replays,
      newExecution: ({ tx }, call) => this.#execution(tx, call),
      begin: (execution, call) => this.#begin(call, "Mutation", execution),
      isTrouble: (error) => failureOf(error, "", []).system !== undefined,
      again: (run) => this.#mutations.addAgain(run),
    };
  }

  #outcomeOf(
    call: ResolvedCall,
    end: MutationEnd,
    started: number,
  ): MutationOutcome {
    if (end.kind === "replayed") return { kind: "ok", ...end.replay };
    const { execution } = end;
    if (end.kind === "committed") {
      for (const work of end.execution.afterCommit) work();
    }
    const error = end.kind === "failed" ? end.error : null;
    if (execution !== null)
      this.#log(call, { udfType: "Mutation", execution, started, error });
    const logLines = execution?.logs.forClient() ?? [];
    if (end.kind === "failed")
      return failureOf(end.error, call.requestId, logLines);
    const value = resolveCommitTs(end.value, end.ts);
    return { kind: "ok", value, logLines, ts: end.ts };
  }

  #begin(
    call: ResolvedCall,
    udfType: "Query" | "Mutation",
    execution: Execution,
  ): StartedUdf {
    const info = this.find(call);
    const seed = seedFrom(this.#options.random.bytes(16));
    const frame: Frame = { execution, ...call.target, udfType, depth: 0, seed };
    return this.#options.udfs.begin(frame, info, call.args);
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Developer errors become the text clients see; overload and the like close the socket or set the HTTP status. */
export function failureOf(
  error: unknown,
  requestId: string,
  logLines: string[],
): FunctionFailure {
  if (error instanceof StorageError)
    return unstored(error, requestId, logLines);
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

function unstored(
  error: StorageError,
  requestId: string,
  logLines: string[],
): FunctionFailure {
  logStorageFailure(error);
  const errorMessage = clientErrorText(requestId, storageFailureText(error));
  return { kind: "failed", errorMessage, logLines, isUnstored: true };
}
