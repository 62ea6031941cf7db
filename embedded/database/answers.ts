/**
 * The answers of mutations, kept with their commits: they are on disk when the commit is, and not when it is lost. Those
 * of one session and one group become one block.
 */
import type { JSONValue } from "convex/values";
import type { AnswerStorage } from "../storage/answer-storage";

/** A block that has become so long is not made longer. */
const MAX_BLOCK_LENGTH = 1 << 20;

export type AnsweredRequest = { sessionId: string; requestId: number };
/** `json` is text. */
export type Answer = AnsweredRequest & { json: string };
export type KeptAnswer = { answer: JSONValue; ts: bigint };

/** Of one group; `texts` are `StoredAnswer`s. */
type OpenBlock = {
  requestIds: number[];
  texts: string[];
  length: number;
  ts: bigint;
};
type StoredAnswer = [requestId: number, ts: string, answer: JSONValue];

export class Answers {
  readonly #storage: AnswerStorage;
  /** By session: what the open group has answered. */
  readonly #open = new Map<string, OpenBlock>();

  constructor(storage: AnswerStorage) {
    this.#storage = storage;
  }

  /** Inside the storage transaction of the commit at `ts`. */
  add({ sessionId, requestId, json }: Answer, ts: bigint): void {
    const block = this.#open.get(sessionId) ?? newBlock();
    this.#open.set(sessionId, block);
    block.requestIds.push(requestId);
    block.texts.push(`[${requestId},"${ts}",${json}]`);
    block.length += json.length;
    block.ts = ts;
    if (block.length > MAX_BLOCK_LENGTH) this.#write(sessionId, block);
  }

  /** Before the group is closed. */
  write(): void {
    for (const [sessionId, block] of this.#open) this.#write(sessionId, block);
  }

  /** The group is lost. */
  lose(): void {
    this.#open.clear();
  }

  find({ sessionId, requestId }: AnsweredRequest): KeptAnswer | null {
    const open = this.#open.get(sessionId);
    const stored = this.#storage.find(sessionId, requestId);
    const texts = open === undefined ? stored : [textOf(open), ...stored];
    for (const text of texts) {
      const found = latest(JSON.parse(text) as StoredAnswer[], requestId);
      if (found !== null) return found;
    }
    return null;
  }

  highestOf(sessionId: string): number {
    const open = this.#open.get(sessionId)?.requestIds ?? [];
    return open.reduce(greater, this.#storage.highest(sessionId));
  }

  #write(sessionId: string, block: OpenBlock): void {
    this.#open.delete(sessionId);
    this.#storage.add({
      sessionId,
      first: block.requestIds.reduce(less),
      last: block.requestIds.reduce(greater),
      count: block.texts.length,
      madeAtMs: Number(block.ts / 1_000_000n),
      text: textOf(block),
    });
  }
}

const less = (a: number, b: number): number => Math.min(a, b);
const greater = (a: number, b: number): number => Math.max(a, b);

function newBlock(): OpenBlock {
  return { requestIds: [], texts: [], length: 0, ts: 0n };
}

function textOf({ texts }: OpenBlock): string {
  return `[${texts.join(",")}]`;
}

function latest(answers: StoredAnswer[], wanted: number): KeptAnswer | null {
  const found = answers.findLast(([requestId]) => requestId === wanted);
  return found === undefined
    ? null
    : { answer: found[2], ts: BigInt(found[1]) };
}
