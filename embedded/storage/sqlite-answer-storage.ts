import type { AnswerBlock, AnswerPrune, AnswerStorage } from "./answer-storage";
import type { StatementRunner } from "./statement-runner";

/** The number of a block is that of its last answer among all answers ever, so that nobody has to count. */
const ADD =
  "INSERT INTO answers SELECT coalesce(max(number), 0) + ?, ?, ?, ?, ?, ?, ? FROM answers";
const FIND =
  "SELECT text FROM answers WHERE session_id = ? AND last >= ? AND first <= ? ORDER BY number DESC";
const HIGHEST = "SELECT max(last) AS last FROM answers WHERE session_id = ?";
const NEWEST = "SELECT max(number) AS number FROM answers";
const OLD =
  "SELECT number FROM (SELECT number, made_at_ms FROM answers WHERE number <= ? ORDER BY number LIMIT ?) WHERE made_at_ms < ?";
const PRUNE = `DELETE FROM answers WHERE number IN (${OLD})`;

export class SqliteAnswerStorage implements AnswerStorage {
  readonly #db: StatementRunner;

  constructor(db: StatementRunner) {
    this.#db = db;
  }

  add({ sessionId, first, last, count, madeAtMs, text }: AnswerBlock): void {
    this.#db.run(ADD, count, sessionId, first, last, count, madeAtMs, text);
  }

  find(sessionId: string, requestId: number): string[] {
    const rows = this.#db.all(FIND, sessionId, requestId, requestId);
    return (rows as { text: string }[]).map(({ text }) => text);
  }

  highest(sessionId: string): number {
    const row = this.#db.get(HIGHEST, sessionId);
    return (row as { last: number | null }).last ?? -1;
  }

  isPrunable(prune: AnswerPrune): boolean {
    return this.#db.get(OLD, ...this.#bounds(prune)) !== undefined;
  }

  prune(prune: AnswerPrune): number {
    return this.#db.run(PRUNE, ...this.#bounds(prune)).changes;
  }

  #bounds({ keep, blocks, beforeMs }: AnswerPrune): number[] {
    const newest = this.#db.get(NEWEST) as { number: number | null };
    return [(newest.number ?? 0) - keep, blocks, beforeMs];
  }
}
