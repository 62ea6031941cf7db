/** A mutation that a client sends again after it has reconnected is answered from here, and not executed again. */
import type { JSONValue } from "convex/values";
import type { DocumentJson, Transaction } from "../database/types";
import { encodeInt64, resolveCommitTs } from "../values/commit-ts";
import type { Execution } from "./execution";
import type { FunctionCall } from "./types";

const REPLAYS = "_session_requests";

export type Replay = { value: JSONValue; ts: bigint; logLines: string[] };

/** Null when it is executed for the first time. */
export function findReplay(
  tx: Transaction,
  request: FunctionCall["idempotency"],
): Replay | null {
  if (request === undefined) return null;
  const { sessionId, requestId } = request;
  const row = tx.system
    .query("", {
      source: {
        type: "IndexRange",
        indexName: `${REPLAYS}.by_session_and_request`,
        range: [
          { type: "Eq", fieldPath: "sessionId", value: sessionId },
          { type: "Eq", fieldPath: "requestId", value: requestId },
        ],
        order: "asc",
      },
      operators: [],
    })
    .next();
  return row === null ? null : parseReplay(row);
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
