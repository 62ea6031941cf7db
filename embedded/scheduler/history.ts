/**
 * Removes what nobody asks for any more: scheduled functions a week after they ended, and the answers of mutations,
 * kept for clients that reconnect and send them again, after a week too, or sooner when there are very many.
 */
import type {
  Clock,
  ComponentPath,
  Database,
  Transaction,
} from "../database/types";

const HOUR = 3600 * 1000;
const KEEP_MS = 7 * 24 * HOUR;
/** Answers younger than this are kept however many there are. */
const KEEP_ANSWERS_MS = HOUR;
const MAX_ANSWERS = 500_000;
/** Rows (or blocks of answers) in one transaction: each is read as a whole, and may be large. */
const BATCH = 100;
const JOBS = "_scheduled_functions";

/** Rows of one system table before a time, by an index on times. */
type Aged = {
  component: ComponentPath;
  table: string;
  index: string;
  field: string;
  beforeMs: number;
};

export interface HistoryOptions {
  database: Pick<Database, "read" | "write" | "pruneAnswers">;
  components: () => ComponentPath[];
  clock: Clock;
  /** For tests. */
  maxAnswers?: number;
}

export class History {
  readonly #options: HistoryOptions;
  #isStopped = false;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** In many small transactions, between which others get their turn. Rejects when the disk refuses. */
  async cleanUp(): Promise<void> {
    const beforeMs = this.#options.clock.now() - KEEP_MS;
    for (const component of this.#options.components())
      await this.#remove(endedJobs(component, beforeMs));
    await this.#removeAnswers(beforeMs, 0);
    const { clock, maxAnswers = MAX_ANSWERS } = this.#options;
    await this.#removeAnswers(clock.now() - KEEP_ANSWERS_MS, maxAnswers);
  }

  /** Ends a `cleanUp` that runs after its next transaction. */
  stop(): void {
    this.#isStopped = true;
  }

  async #removeAnswers(beforeMs: number, keep: number): Promise<void> {
    const { database } = this.#options;
    let removed = 1;
    while (removed > 0 && !this.#isStopped)
      removed = await database.pruneAnswers({ beforeMs, keep, blocks: BATCH });
  }

  async #remove(aged: Aged): Promise<void> {
    let removed = 1;
    while (removed > 0 && !this.#isStopped)
      removed = await this.#removeBatch(aged);
  }

  async #removeBatch(aged: Aged): Promise<number> {
    const { database } = this.#options;
    const ids = database.read((tx) => idsOf(tx, aged)).value;
    if (ids.length === 0) return 0;
    await database.write((tx) => {
      for (const id of ids) tx.system.remove(aged.component, aged.table, id);
    });
    return ids.length;
  }
}

function endedJobs(component: ComponentPath, beforeMs: number): Aged {
  const index = "by_completed_time";
  return { component, table: JOBS, index, field: "completedTime", beforeMs };
}

/** From 0 on, because jobs that have not ended have no such time. */
function idsOf(tx: Transaction, aged: Aged): string[] {
  const { component, table, index, field, beforeMs } = aged;
  const stream = tx.system.query(component, {
    source: {
      type: "IndexRange",
      indexName: `${table}.${index}`,
      range: [
        { type: "Gte", fieldPath: field, value: 0 },
        { type: "Lt", fieldPath: field, value: beforeMs },
      ],
      order: "asc",
    },
    operators: [{ limit: BATCH }],
  });
  const ids: string[] = [];
  for (let row = stream.next(); row !== null; row = stream.next())
    ids.push(String(row["_id"]));
  return ids;
}
