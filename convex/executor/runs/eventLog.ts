/**
 * Writer of `runEvents`: the history of each run, numbered 0, 1, 2, … without holes. One transaction adds one chunk (two
 * if it is very large). The next number is read from the last chunk; a run that begins needs no read.
 */
import type { Id } from "../../_generated/dataModel";
import type { MutationCtx } from "../../functions";
import type { RunEvent } from "./runHistory";

/** A document may have 1 MiB, and a page of chunks is read at once. */
const MAX_CHUNK_EVENTS = 1_000;

export class EventLog {
  readonly #ctx: MutationCtx;
  readonly #runId: Id<"workflowRuns">;
  #next: number | null;
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

  async flush(at: number): Promise<void> {
    const events = this.#events;
    if (events.length === 0) return;
    this.#events = [];
    let first = this.#next ?? (await this.#readNext());
    for (let from = 0; from < events.length; from += MAX_CHUNK_EVENTS) {
      const chunk = events.slice(from, from + MAX_CHUNK_EVENTS);
      await this.#ctx.db.insert("runEvents", {
        runId: this.#runId,
        next: first + chunk.length,
        at,
        events: JSON.stringify(chunk),
      });
      first += chunk.length;
    }
    this.#next = first;
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
