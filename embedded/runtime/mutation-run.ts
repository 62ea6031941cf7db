/** One mutation from call to outcome, in steps: `start`, `runHandler`, `complete`. None of them throws. */
import type { JSONValue } from "convex/values";
import { BackendError } from "../database/backend-error";
import { LostGroup } from "../database/lost-group";
import type { Database, HeldTransaction } from "../database/types";
import type { TimedOut } from "./errors";
import { type Execution, secondTry } from "./execution";
import { answerOf, type Replay, type Replays } from "./mutation-replay";
import { markStarted, markSucceeded } from "./scheduled-run";
import type { ResolvedCall } from "./resolved-call";
import type { StartedUdf } from "./udf-runner";

export type MutationEnd =
  | { kind: "replayed"; replay: Replay }
  | { kind: "committed"; value: JSONValue; ts: bigint; execution: Execution }
  | { kind: "failed"; error: unknown; execution: Execution | null };

/** What mutations need from the runner of transactions. */
export interface MutationHost {
  database: Database;
  replays: Replays;
  newExecution(held: HeldTransaction, call: ResolvedCall): Execution;
  /** Throws when there is no such function or it may not be called like this. */
  begin(execution: Execution, call: ResolvedCall): StartedUdf;
  /** Whether an error is not the developer's. */
  isTrouble(error: unknown): boolean;
  /** Executes it once more, before all that was asked for later. */
  again(run: MutationRun): void;
}

/** No answer of a function: who is still there is to ask again. */
function abandoned(): BackendError {
  const text = "The client has gone before the mutation was executed.";
  return new BackendError("ClientDisconnected", text, { status: 503 });
}

export class MutationRun {
  static #made = 0;
  /** Rises with each that is made, which is the order in which they were asked for. */
  readonly number = (MutationRun.#made += 1);
  readonly #host: MutationHost;
  readonly #call: ResolvedCall;
  readonly #ended: (end: MutationEnd) => void;
  #held: HeldTransaction | null = null;
  #execution: Execution | null = null;
  #udf: StartedUdf | null = null;
  /** Stays so when it is stopped meanwhile. */
  #isStarting = false;
  #isHandlerRunning = false;
  #watch: Execution["watch"] | null = null;
  #wasLost = false;

  constructor(
    host: MutationHost,
    call: ResolvedCall,
    ended: (end: MutationEnd) => void,
  ) {
    this.#host = host;
    this.#call = call;
    this.#ended = ended;
  }

  /** `complete` is not for the region of the handler: it will run user code, or it has been held up before. */
  get isCompletedApart(): boolean {
    return this.#wasLost || this.#udf?.handler.isWaiting === true;
  }

  start(): void {
    if (this.#call.isAbandoned?.() === true) return this.#fail(abandoned());
    this.#isStarting = true;
    this.#begin();
    this.#isStarting = false;
  }

  #begin(): void {
    try {
      this.#held = this.#host.database.hold("mutation");
      const execution = this.#host.newExecution(this.#held, this.#call);
      this.#execution = execution;
      if (this.#watch !== null) execution.watch = this.#watch;
      const { replays } = this.#host;
      const replay = replays.find(this.#call.idempotency);
      if (replay !== null) return this.#replayed(replay);
      markStarted(execution, this.#call.target.componentPath);
      this.#udf = this.#host.begin(execution, this.#call);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Inside a watched region. */
  runHandler(): void {
    if (this.#udf === null) return;
    this.#isHandlerRunning = true;
    this.#udf.handler.startWatched();
    this.#isHandlerRunning = false;
  }

  complete(): void {
    const udf = this.#udf;
    const execution = this.#execution;
    if (udf === null || execution === null) return;
    this.#udf = null;
    try {
      const value = udf.finish();
      markSucceeded(execution, this.#call.target.componentPath);
      this.#commit(execution, value);
    } catch (error) {
      this.#failOrRetry(error);
    }
  }

  /** The watchdog has stopped one of the steps. While it was starting, nothing had been written. */
  interrupted(error: TimedOut): void {
    this.#udf = null;
    if (this.#isStarting) return this.#runAlone(this.#watch);
    if (!this.#isHandlerRunning) return this.#loseGroup();
    this.#isHandlerRunning = false;
    this.#failOrRetry(error);
  }

  #failOrRetry(error: unknown): void {
    const watch =
      this.#execution === null ? null : secondTry(this.#execution, error);
    if (watch === null) this.#fail(error);
    else this.#runAlone(watch);
  }

  /** Once more from the beginning, apart from others. */
  #runAlone(watch: Execution["watch"] | null): void {
    this.#watch = watch;
    this.start();
    this.#udf?.handler.start();
    this.complete();
  }

  #loseGroup(): void {
    const error = new LostGroup();
    this.#host.database.loseGroup(error);
    this.#unsettled(error, null);
  }

  #commit(execution: Execution, value: JSONValue): void {
    const answer = answerOf(execution, this.#call.idempotency, value);
    this.#held?.commit(answer).then(
      (ts) => this.#end({ kind: "committed", value, ts, execution }),
      (error: unknown) => this.#unsettled(error, execution),
    );
  }

  /** It has read what it was answered from, which may not be on disk yet. */
  #replayed(replay: Replay): void {
    this.#whenSettled({ kind: "replayed", replay });
  }

  #fail(error: unknown): void {
    if (this.#host.isTrouble(error)) this.#call.onTrouble?.();
    this.#whenSettled({ kind: "failed", error, execution: this.#execution });
  }

  #whenSettled(end: MutationEnd): void {
    if (this.#held === null) return this.#end(end);
    this.#held.abandon().then(
      () => this.#end(end),
      (error: unknown) => this.#unsettled(error, this.#execution),
    );
  }

  /** What it has read or written did not come to the disk. Nobody was told of it, so it can happen again. */
  #unsettled(error: unknown, execution: Execution | null): void {
    if (!(error instanceof LostGroup))
      return this.#end({ kind: "failed", error, execution });
    this.#wasLost = true;
    this.#held = null;
    this.#execution = null;
    this.#watch = null;
    this.#host.again(this);
  }

  #end(end: MutationEnd): void {
    this.#ended(end);
  }
}
