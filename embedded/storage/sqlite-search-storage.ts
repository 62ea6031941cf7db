import type {
  PostingBlock,
  SearchStatistics,
  SearchStorage,
} from "./search-storage";
import type { StatementRunner } from "./statement-runner";

const NOTHING: SearchStatistics = { documents: 0, tokens: 0 };

/** Whole texts, made once: the runner finds a prepared statement by its text. */
const OF_TERM = "FROM search_postings WHERE index_id = ? AND term = ?";
const BLOCKS = `SELECT first, entries ${OF_TERM} ORDER BY first`;
const FIRST_BLOCK = `${BLOCKS} LIMIT 1`;
const BLOCK_BEFORE = `SELECT first, entries ${OF_TERM} AND first <= ? ORDER BY first DESC LIMIT 1`;
const START_AFTER = `SELECT first ${OF_TERM} AND first > ? ORDER BY first LIMIT 1`;
const PUT_BLOCK =
  "INSERT INTO search_postings VALUES (?, ?, ?, ?) ON CONFLICT (index_id, term, first) DO UPDATE SET entries = excluded.entries";
const DELETE_BLOCK = `DELETE ${OF_TERM} AND first = ?`;
const FIND_TERM =
  "SELECT term FROM search_postings WHERE index_id = ? AND term >= ? AND term < ? ORDER BY term LIMIT 1";
const STATISTICS =
  "SELECT documents, tokens FROM search_statistics WHERE index_id = ?";
const ADD_STATISTICS =
  "INSERT INTO search_statistics VALUES (?, ?, ?) ON CONFLICT (index_id) DO UPDATE SET documents = documents + excluded.documents, tokens = tokens + excluded.tokens";
const DROP_POSTINGS = "DELETE FROM search_postings WHERE index_id = ?";
const DROP_STATISTICS = "DELETE FROM search_statistics WHERE index_id = ?";

export class SqliteSearchStorage implements SearchStorage {
  readonly #db: StatementRunner;

  constructor(db: StatementRunner) {
    this.#db = db;
  }

  blocks(indexId: number, term: string): PostingBlock[] {
    return this.#db.all(BLOCKS, indexId, term) as PostingBlock[];
  }

  blockFor(indexId: number, term: string, rowId: number): PostingBlock | null {
    const block =
      this.#db.get(BLOCK_BEFORE, indexId, term, rowId) ??
      this.#db.get(FIRST_BLOCK, indexId, term);
    return (block as PostingBlock | undefined) ?? null;
  }

  startAfter(indexId: number, term: string, first: number): number | null {
    const row = this.#db.get(START_AFTER, indexId, term, first);
    return (row as { first: number } | undefined)?.first ?? null;
  }

  putBlock(indexId: number, term: string, block: PostingBlock): void {
    this.#db.run(PUT_BLOCK, indexId, term, block.first, block.entries);
  }

  deleteBlock(indexId: number, term: string, first: number): void {
    this.#db.run(DELETE_BLOCK, indexId, term, first);
  }

  findTerm(indexId: number, from: string, end: string): string | null {
    const row = this.#db.get(FIND_TERM, indexId, from, end);
    return (row as { term: string } | undefined)?.term ?? null;
  }

  statistics(indexId: number): SearchStatistics {
    const row = this.#db.get(STATISTICS, indexId);
    return (row as SearchStatistics | undefined) ?? NOTHING;
  }

  addStatistics(indexId: number, change: SearchStatistics): void {
    const { documents, tokens } = change;
    this.#db.run(ADD_STATISTICS, indexId, documents, tokens);
  }

  dropIndex(indexId: number): void {
    this.#db.run(DROP_POSTINGS, indexId);
    this.#db.run(DROP_STATISTICS, indexId);
  }
}
