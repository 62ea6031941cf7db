/**
 * Writer of `runEvents`: the history of each run, numbered 0, 1, 2, … without holes. One transaction adds one chunk (two
 * if it is very large). The next number is read from the last chunk, but not while the effects of a run follow each
 * other one by one: then each task is told the number that comes after the turn which makes it (`nextEvent`), and nobody
 * else logs before its report. Whoever does, without having been told, marks the run (`isLogShared`) in that transaction.
 * From then on nobody believes what tasks were told.
 */
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx } from "../../functions";
import { isRunEnded } from "../flow/transitions";
import type { RunEvent } from "./runHistory";

/** A document may have 1 MiB, and a page of chunks is read at once. */
const MAX_CHUNK_EVENTS = 1_000;

type Run = Pick<Doc<"workflowRuns">, "state" | "isLogShared">;

export class EventLog {
  readonly #ctx: MutationCtx;
  readonly #runId: Id<"workflowRuns">;
  #next: number | null;
  /** What a task of this transaction was told. */
  #told: number | null = null;
  #events: RunEvent[] = [];

  /** `isNew`: the run begins in this transaction, so nothing can be logged of it. */
  constructor(
    ctx: MutationCtx,
    runId: Id<"workflowRuns">,
    { isNew = false }: { isNew?: boolean } = {},
  ) {
    this.#ctx = ctx;
    this.#runId = runId;
    this.#next = isNew ? 0 : null;
  }

  add(event: RunEvent): void {
    this.#events.push(event);
  }

  /** The transaction is the report of the task, or its claim. */
  continueAfter(
    { nextEvent }: Pick<Doc<"tasks">, "nextEvent">,
    { isLogShared }: Pick<Run, "isLogShared">,
  ): void {
    if (nextEvent !== undefined && !isLogShared) this.#next = nextEvent;
  }

  /** For a task that is made now: the number after all that is logged so far. Only one of a transaction is told. */
  tellNext({ isLogShared }: Pick<Run, "isLogShared">): number | undefined {
    if (this.#next === null || this.#told !== null || isLogShared)
      return undefined;
    this.#told = this.#next + this.#events.length;
    return this.#told;
  }

  /** Whether the run is to be marked: a task may have been told another number. What has ended has no tasks (E6). */
  async flush(at: number, run: Run): Promise<boolean> {
    const events = this.#events;
    if (events.length === 0) return false;
    this.#events = [];
    const isKnown = this.#next !== null;
    const first = this.#next ?? (await this.#readNext());
    this.#next = first + events.length;
    await this.#write(events, { first, at });
    if (run.isLogShared || isRunEnded(run.state)) return false;
    return !isKnown || (this.#told !== null && this.#told !== this.#next);
  }

  async #write(
    events: RunEvent[],
    { first, at }: { first: number; at: number },
  ): Promise<void> {
    for (let from = 0; from < events.length; from += MAX_CHUNK_EVENTS) {
      const chunk = events.slice(from, from + MAX_CHUNK_EVENTS);
      await this.#ctx.db.insert("runEvents", {
        at,
        events: JSON.stringify(chunk),
        next: first + from + chunk.length,
        runId: this.#runId,
      });
    }
  }

  async #readNext(): Promise<number> {
    const last = await this.#ctx.db
      .query("runEvents")
      .withIndex("by_runId_and_next", (q) => q.eq("runId", this.#runId))
      .order("desc")
      .first();
    return last?.next ?? 0;
  }
}

/** What `EventLog` wrote. */
export function parseEvents(text: string): RunEvent[] {
  return JSON.parse(text) as RunEvent[];
}
