/** A mutation that a client sends again after it has reconnected is answered from here, and not executed again. */
import type { JSONValue } from "convex/values";
import type { Answer, AnsweredRequest } from "../database/answers";
import type { Database } from "../database/types";
import { resolveCommitTs } from "../values/commit-ts";
import type { Execution } from "./execution";

const MAX_KNOWN_SESSIONS = 10_000;

export type Replay = { value: JSONValue; ts: bigint; logLines: string[] };

/**
 * Clients number their requests upwards, so one above all that this process knows of its session is new, and need not be
 * looked up. What is known may be too high (a commit was lost), never too low.
 */
export class Replays {
  readonly #answers: Database["answers"];
  /** By session, the least recently used first. */
  readonly #highest = new Map<string, number>();

  constructor(answers: Database["answers"]) {
    this.#answers = answers;
  }

  /** Null when it is executed for the first time. */
  find(request: AnsweredRequest | undefined): Replay | null {
    if (request === undefined || this.#isNew(request)) return null;
    const kept = this.#answers.find(request);
    if (kept === null) return null;
    const { value, logLines } = kept.answer as {
      value: JSONValue;
      logLines: string[];
    };
    return { value: resolveCommitTs(value, kept.ts), ts: kept.ts, logLines };
  }

  #isNew({ sessionId, requestId }: AnsweredRequest): boolean {
    const highest =
      this.#highest.get(sessionId) ?? this.#answers.highestOf(sessionId);
    this.#highest.delete(sessionId);
    this.#highest.set(sessionId, Math.max(highest, requestId));
    if (this.#highest.size > MAX_KNOWN_SESSIONS) this.#forgetOldest();
    return requestId > highest;
  }

  #forgetOldest(): void {
    const [oldest] = this.#highest.keys();
    if (oldest !== undefined) this.#highest.delete(oldest);
  }
}

/** What the commit of a mutation keeps for its replay. */
export function answerOf(
  execution: Execution,
  request: AnsweredRequest | undefined,
  value: JSONValue,
): Answer | null {
  if (request === undefined) return null;
  const logLines = execution.logs.forClient();
  return { ...request, json: JSON.stringify({ value, logLines }) };
}
