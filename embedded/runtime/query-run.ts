/** One query from call to outcome, in steps: `start`, `finish`, `complete`. None of them throws. */
import type { JSONValue } from "convex/values";
import type { Database, Transaction } from "../database/types";
import type { TimedOut } from "./errors";
import { type Execution, secondTry } from "./execution";
import type { ResolvedCall } from "./resolved-call";
import type { StartedUdf } from "./udf-runner";

/** What queries need from the runner of transactions. */
export interface QueryHost {
  database: Database;
  newExecution(tx: Transaction, call: ResolvedCall): Execution;
  /** Throws when there is no such function or it may not be called like this. */
  begin(execution: Execution, call: ResolvedCall): StartedUdf;
}
export type QueryEnd =
  { ok: true; value: JSONValue } | { ok: false; error: unknown };

export class QueryRun {
  readonly startedAt = performance.now();
  readonly call: ResolvedCall;
  readonly #host: QueryHost;
  #execution: Execution;
  #udf: StartedUdf | null = null;
  #end: QueryEnd | null = null;

  /** Throws when the state that is asked for cannot be read. */
  constructor(host: QueryHost, call: ResolvedCall) {
    this.#host = host;
    this.call = call;
    const { tx } = host.database.hold("query", call.atTs);
    this.#execution = host.newExecution(tx, call);
  }

  get execution(): Execution {
    return this.#execution;
  }

  /** After `start`: true when `complete` will run user code, which has to be watched apart. */
  get isWaiting(): boolean {
    return this.#udf?.handler.isWaiting === true;
  }

  start(): void {
    this.#end = null;
    this.#udf = null;
    try {
      this.#udf = this.#host.begin(this.#execution, this.call);
      this.#udf.handler.start();
    } catch (error) {
      this.#end = { ok: false, error };
    }
  }

  /** How the handler has ended; null when it has to be executed once more, by itself. */
  finish(): QueryEnd | null {
    this.#end ??= this.#finished();
    return this.#needsSecondTry() === null ? this.#end : null;
  }

  complete(): QueryEnd {
    for (;;) {
      const end = this.finish();
      if (end !== null) return end;
      this.#again();
    }
  }

  /** The watchdog has stopped one of the steps. */
  interrupted(error: TimedOut): QueryEnd {
    this.#udf = null;
    this.#end = { ok: false, error };
    return this.complete();
  }

  #finished(): QueryEnd {
    try {
      if (this.#udf === null) throw new Error("The query was not started");
      return { ok: true, value: this.#udf.finish() };
    } catch (error) {
      return { ok: false, error };
    }
  }

  #needsSecondTry(): Execution["watch"] | null {
    return this.#end === null || this.#end.ok
      ? null
      : secondTry(this.#execution, this.#end.error);
  }

  /** What the first try has read counts as well. */
  #again(): void {
    const watch = this.#needsSecondTry();
    const execution = this.#host.newExecution(this.#execution.tx, this.call);
    this.#execution = watch === null ? execution : { ...execution, watch };
    this.start();
  }
}
