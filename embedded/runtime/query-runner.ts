/**
 * Queries as whole transactions, executed at once. Of several that are wanted at the same time, as many as begin within
 * its first milliseconds share one watchdog: starting one costs more than most queries.
 */
import { TimedOut } from "./errors";
import { type QueryEnd, type QueryHost, QueryRun } from "./query-run";
import { EARLY_MS, isWatchedEarly, runWatched } from "./realm/watchdog";
import type { ResolvedCall } from "./resolved-call";

export class QueryRunner<Outcome> {
  readonly #host: QueryHost;
  readonly #userTimeMs: number;
  readonly #ended: (run: QueryRun, end: QueryEnd) => Outcome;
  #current: QueryRun | null = null;

  constructor(
    host: QueryHost,
    userTimeMs: number,
    ended: (run: QueryRun, end: QueryEnd) => Outcome,
  ) {
    this.#host = host;
    this.#userTimeMs = userTimeMs;
    this.#ended = ended;
  }

  run(call: ResolvedCall): Outcome {
    const run = new QueryRun(this.#host, call);
    run.start();
    return this.#ended(run, run.complete());
  }

  /** The outcomes of the first calls, of at least one: none begins after `until`. */
  runTogether(calls: readonly ResolvedCall[], until: number): Outcome[] {
    const outcomes: Outcome[] = [];
    this.#host.database.flush();
    while (
      outcomes.length < calls.length &&
      (outcomes.length === 0 || performance.now() < until)
    )
      this.#runSome(calls, outcomes, until);
    return outcomes;
  }

  #runSome(
    calls: readonly ResolvedCall[],
    outcomes: Outcome[],
    until: number,
  ): void {
    const work = () => this.#runEarly(calls, outcomes, until);
    const end = runWatched(work, EARLY_MS + this.#userTimeMs);
    const run = this.#current;
    this.#current = null;
    if (run === null) return;
    const error = new TimedOut(this.#userTimeMs, end === "starved");
    const ended = end === "whole" ? run.complete() : run.interrupted(error);
    outcomes.push(this.#ended(run, ended));
  }

  /** May be stopped at any point: what it has begun is in `#current`, unless it is among the outcomes. */
  #runEarly(
    calls: readonly ResolvedCall[],
    outcomes: Outcome[],
    until: number,
  ): void {
    for (const call of calls.slice(outcomes.length)) {
      const run = new QueryRun(this.#host, call);
      this.#current = run;
      run.start();
      const end = run.isWaiting || !isWatchedEarly() ? null : run.finish();
      if (end === null) return;
      const outcome = this.#ended(run, end);
      this.#current = null;
      outcomes.push(outcome);
      if (performance.now() >= until) return;
    }
  }
}
