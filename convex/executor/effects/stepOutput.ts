/**
 * Writer of `stepLogs` and `stepStreams`: what attempts log and stream, appended in chunks while they run. An attempt may
 * log 10,000 lines or 1 MiB and stream 1 MiB; then a line says that it was cut, and nothing follows.
 */
import { type Infer, v } from "convex/values";
import type { Id } from "../../_generated/dataModel";
import type { MutationCtx } from "../../functions";
import type { LogRow } from "../../validators/steps";

export const MAX_LINES = 10_000;
export const MAX_CHARS = 1024 * 1024;
/** Chunks are small, so that those that watch are sent little. */
const CHUNK_LINES = 500;
const CHUNK_CHARS = 64 * 1024;
const MAX_LINE_CHARS = 32 * 1024;

/** What an attempt said since it was last asked. `lines` is JSON text of `LogRow[]`: an array argument holds too few. */
export const vOutput = v.object({ lines: v.string(), text: v.string() });
export type Output = Infer<typeof vOutput>;
export const SILENCE: Output = { lines: "[]", text: "" };

export type OutputOf = {
  runId: Id<"workflowRuns">;
  stepId: Id<"stepExecutions">;
  attempt: number;
};

export async function appendOutput(
  ctx: MutationCtx,
  { runId, stepId, attempt }: OutputOf,
  { lines, text }: Output,
): Promise<void> {
  const of = { runId, stepId, attempt };
  // Our worker wrote it.
  const logged = JSON.parse(lines) as LogRow[];
  if (logged.length > 0) await appendLog(ctx, of, logged);
  if (text !== "") await appendStream(ctx, of, text);
}

export async function appendLog(
  ctx: MutationCtx,
  of: OutputOf,
  lines: LogRow[],
): Promise<void> {
  const last = await lastLines(ctx, of);
  if (last?.isCut === true) return;
  let [next, size] = [last?.next ?? 0, last?.size ?? 0];
  for (const chunk of chunksOf(lines, { lines: MAX_LINES - next, size })) {
    next += chunk.lines.length;
    size = chunk.size;
    await ctx.db.insert("stepLogs", { ...of, next, ...chunk });
  }
}

type Chunk = { lines: LogRow[]; size: number; isCut: boolean };

/** At most `room.lines` lines, and as many as keep the whole below its limit. */
function chunksOf(
  lines: LogRow[],
  room: { lines: number; size: number },
): Chunk[] {
  const chunks: Chunk[] = [];
  let current: Chunk = { lines: [], size: room.size, isCut: false };
  let left = room.lines;
  for (const line of lines) {
    const text = clipLine(line.text);
    const isFull =
      current.lines.length === CHUNK_LINES ||
      (current.lines.length > 0 &&
        current.size - (chunks.at(-1)?.size ?? room.size) + text.length >
          CHUNK_CHARS);
    if (isFull) {
      chunks.push(current);
      current = { lines: [], size: current.size, isCut: false };
    }
    if (left === 0 || current.size + text.length > MAX_CHARS) {
      current.lines.push({ level: "warn", at: line.at, text: CUT });
      return [...chunks, { ...current, isCut: true }];
    }
    left -= 1;
    current.lines.push({ ...line, text });
    current.size += text.length;
  }
  return [...chunks, current];
}

const CUT =
  "The log was cut here: an attempt keeps at most 10,000 lines or 1 MiB.";

function clipLine(text: string): string {
  return text.length > MAX_LINE_CHARS
    ? `${text.slice(0, MAX_LINE_CHARS)}… (${text.length} characters)`
    : text;
}

async function appendStream(
  ctx: MutationCtx,
  of: OutputOf,
  text: string,
): Promise<void> {
  const last = await lastPart(ctx, of);
  if (last?.isCut === true) return;
  let next = last?.next ?? 0;
  const kept = text.slice(0, MAX_CHARS - next);
  const isCut = kept.length < text.length;
  for (let from = 0; from < kept.length || (isCut && from === 0);) {
    const part = kept.slice(from, from + CHUNK_CHARS);
    from += Math.max(part.length, 1);
    next += part.length;
    const isLast = from >= kept.length;
    await ctx.db.insert("stepStreams", {
      ...of,
      next,
      text: part,
      isCut: isCut && isLast,
    });
  }
}

async function lastLines(ctx: MutationCtx, { stepId, attempt }: OutputOf) {
  return await ctx.db
    .query("stepLogs")
    .withIndex("by_stepId_and_attempt_and_next", (q) =>
      q.eq("stepId", stepId).eq("attempt", attempt),
    )
    .order("desc")
    .first();
}

async function lastPart(ctx: MutationCtx, { stepId, attempt }: OutputOf) {
  return await ctx.db
    .query("stepStreams")
    .withIndex("by_stepId_and_attempt_and_next", (q) =>
      q.eq("stepId", stepId).eq("attempt", attempt),
    )
    .order("desc")
    .first();
}
