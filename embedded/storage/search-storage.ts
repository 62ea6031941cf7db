/**
 * Posting lists of search indexes: for each term of an index the documents that hold it, in blocks by ascending row id.
 * What an entry says is the caller's business.
 */
export type PostingBlock = {
  /** At most the smallest row id of the block; the block reaches up to the next one's `first`. */
  first: number;
  entries: Buffer;
};

export type SearchStatistics = { documents: number; tokens: number };

/** Writes happen inside the transaction of the `DocumentStorage` it belongs to. */
export interface SearchStorage {
  blocks(indexId: number, term: string): PostingBlock[];
  /** The block that holds `rowId` if any does: the last one that starts at or before it, else the first of all. */
  blockFor(indexId: number, term: string, rowId: number): PostingBlock | null;
  /** Where the block after `first` starts; null when it is the last. */
  startAfter(indexId: number, term: string, first: number): number | null;
  putBlock(indexId: number, term: string, block: PostingBlock): void;
  deleteBlock(indexId: number, term: string, first: number): void;
  /** The smallest term in `[from, end)` by its UTF-8 bytes. */
  findTerm(indexId: number, from: string, end: string): string | null;

  statistics(indexId: number): SearchStatistics;
  addStatistics(indexId: number, change: SearchStatistics): void;
  dropIndex(indexId: number): void;
}
