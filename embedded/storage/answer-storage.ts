/**
 * What mutations were answered, for clients that send them again. Kept in blocks: the answers that one session was given
 * by one commit. What they say is the caller's business.
 */
export type AnswerBlock = {
  sessionId: string;
  /** The least and the greatest number of a request in it. */
  first: number;
  last: number;
  /** How many answers it holds. */
  count: number;
  madeAtMs: number;
  text: string;
};

/** The oldest blocks: so many, made before a time, and none of the newest `keep` answers. */
export type AnswerPrune = { beforeMs: number; keep: number; blocks: number };

/** Writes happen inside the transaction of the `DocumentStorage` it belongs to. */
export interface AnswerStorage {
  add(block: AnswerBlock): void;
  /** The texts of all blocks that may hold a request, the latest first. */
  find(sessionId: string, requestId: number): string[];
  /** Of the requests that a session was ever answered; -1 when there are none. */
  highest(sessionId: string): number;
  /** Whether `prune` would remove something. */
  isPrunable(prune: AnswerPrune): boolean;
  /** The number of blocks that it removed. */
  prune(prune: AnswerPrune): number;
}
