/** A mutation that a client sends again after it has reconnected is answered from here, and not executed again. */
import type { JSONValue } from "convex/values";
import type { DocumentJson, Transaction } from "../database/types";
import { encodeInt64, resolveCommitTs } from "../values/commit-ts";
import type { Execution } from "./execution";
import type { FunctionCall } from "./types";

const REPLAYS = "_session_requests";
const MAX_KNOWN_SESSIONS = 10_000;

export type Replay = { value: JSONValue; ts: bigint; logLines: string[] };
type Request = NonNullable<FunctionCall["idempotency"]>;

/**
 * Clients number their requests upwards, so one above all that this process knows of its session is new, and need not be
 * looked up. What is known may be too high (a commit was lost), never too low.
 */
export class Replays {
  /** By session, the least recently used first. */
  readonly #highest = new Map<string, number>();

  /** Null when it is executed for the first time. */
  find(tx: Transaction, request: FunctionCall["idempotency"]): Replay | null {
    if (request === undefined || this.#isNew(tx, request)) return null;
    const row = latest(tx, [
      { type: "Eq", fieldPath: "sessionId", value: request.sessionId },
      { type: "Eq", fieldPath: "requestId", value: request.requestId },
    ]);
    return row === null ? null : parseReplay(row);
  }

  #isNew(tx: Transaction, { sessionId, requestId }: Request): boolean {
    const highest =
      this.#highest.get(sessionId) ?? highestRecorded(tx, sessionId);
    this.#highest.delete(sessionId);
    this.#highest.set(sessionId, Math.max(highest, requestId));
    const [oldest] = this.#highest.keys();
    if (this.#highest.size > MAX_KNOWN_SESSIONS && oldest !== undefined)
      this.#highest.delete(oldest);
    return requestId > highest;
  }
}

function highestRecorded(tx: Transaction, sessionId: string): number {
  const row = latest(tx, [
    { type: "Eq", fieldPath: "sessionId", value: sessionId },
  ]);
  return row === null ? -1 : Number(row["requestId"]);
}

function latest(
  tx: Transaction,
  range: { type: "Eq"; fieldPath: string; value: string | number }[],
): DocumentJson | null {
  const indexName = `${REPLAYS}.by_session_and_request`;
  const source = { type: "IndexRange", indexName, range, order: "desc" };
  return tx.system.query("", { source, operators: [] }).next();
}

/** The result is kept as text so that any value fits, whatever its shape. */
export function recordReplay(
  execution: Execution,
  request: FunctionCall["idempotency"],
  value: JSONValue,
): void {
  if (request === undefined) return;
  execution.tx.system.insert("", REPLAYS, {
    ...request,
    result: JSON.stringify({ value, logLines: execution.logs.forClient() }),
    ts: { $commitTs: null },
  });
}

function parseReplay(row: DocumentJson): Replay {
  const { value, logLines } = JSON.parse(String(row["result"])) as {
    value: JSONValue;
    logLines: string[];
  };
  const ts = decodeInt64(row["ts"]);
  return { value: resolveCommitTs(value, ts), ts, logLines };
}

function decodeInt64(value: JSONValue | undefined): bigint {
  const text = (value as { $integer?: string } | undefined)?.$integer;
  if (text === undefined)
    throw new Error(
      `Expected a commit timestamp, got ${JSON.stringify(value ?? encodeInt64(0n))}`,
    );
  return Buffer.from(text, "base64").readBigInt64LE();
}
