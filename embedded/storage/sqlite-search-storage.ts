import type {
  PostingBlock,
  SearchStatistics,
  SearchStorage,
} from "./search-storage";

/** Runs one statement, prepared once, and explains its failure. */
export interface StatementRunner {
  run(sql: string, ...parameters: unknown[]): void;
  get(sql: string, ...parameters: unknown[]): unknown;
  all(sql: string, ...parameters: unknown[]): unknown[];
}

const OF_TERM = "FROM search_postings WHERE index_id = ? AND term = ?";
const BLOCK = `SELECT first, entries ${OF_TERM}`;

export class SqliteSearchStorage implements SearchStorage {
  readonly #db: StatementRunner;

  constructor(db: StatementRunner) {
    this.#db = db;
  }

  blocks(indexId: number, term: string): PostingBlock[] {
    const sql = `${BLOCK} ORDER BY first`;
    return this.#db.all(sql, indexId, term) as PostingBlock[];
  }

  blockFor(indexId: number, term: string, rowId: number): PostingBlock | null {
    const before = `${BLOCK} AND first <= ? ORDER BY first DESC LIMIT 1`;
    const block =
      this.#db.get(before, indexId, term, rowId) ??
      this.#db.get(`${BLOCK} ORDER BY first LIMIT 1`, indexId, term);
    return (block as PostingBlock | undefined) ?? null;
  }

  startAfter(indexId: number, term: string, first: number): number | null {
    const sql = `SELECT first ${OF_TERM} AND first > ? ORDER BY first LIMIT 1`;
    const row = this.#db.get(sql, indexId, term, first);
    return (row as { first: number } | undefined)?.first ?? null;
  }

  putBlock(indexId: number, term: string, block: PostingBlock): void {
    const sql = "INSERT OR REPLACE INTO search_postings VALUES (?, ?, ?, ?)";
    this.#db.run(sql, indexId, term, block.first, block.entries);
  }

  deleteBlock(indexId: number, term: string, first: number): void {
    this.#db.run(`DELETE ${OF_TERM} AND first = ?`, indexId, term, first);
  }

  findTerm(indexId: number, from: string, end: string): string | null {
    const sql =
      "SELECT term FROM search_postings WHERE index_id = ? AND term >= ? AND term < ? ORDER BY term LIMIT 1";
    const row = this.#db.get(sql, indexId, from, end);
    return (row as { term: string } | undefined)?.term ?? null;
  }

  statistics(indexId: number): SearchStatistics {
    const sql =
      "SELECT documents, tokens FROM search_statistics WHERE index_id = ?";
    const row = this.#db.get(sql, indexId) as SearchStatistics | undefined;
    return row ?? { documents: 0, tokens: 0 };
  }

  addStatistics(indexId: number, change: SearchStatistics): void {
    const sql =
      "INSERT INTO search_statistics VALUES (?, ?, ?) ON CONFLICT (index_id) DO UPDATE SET documents = documents + excluded.documents, tokens = tokens + excluded.tokens";
    this.#db.run(sql, indexId, change.documents, change.tokens);
  }

  dropIndex(indexId: number): void {
    this.#db.run("DELETE FROM search_postings WHERE index_id = ?", indexId);
    this.#db.run("DELETE FROM search_statistics WHERE index_id = ?", indexId);
  }
}
