/** Finds step executions wherever they are: in rows of their own, or packed into one with others. */
import type { Doc, Id } from "../_generated/dataModel";
import {
  isInside,
  isIterationKey,
  iterationIndex,
  iterationsAround,
  scopeOf,
} from "../executor/flow/keys";
import { userError } from "../errors";
import type { QueryCtx } from "../functions";
import { ROOTS, stepsOf } from "./packedRows";
import { type WholeStep, wholeStep } from "./stepFields";

type Db = QueryCtx["db"];
type Row = Doc<"stepExecutions">;
type RunId = Id<"workflowRuns">;

export async function stepAt(
  { db }: QueryCtx,
  runId: RunId,
  key: string,
): Promise<WholeStep | null> {
  const row = await anyRowWith(db, runId, key);
  if (row === null) return null;
  return stepsOf(row).find((step) => step.key === key) ?? null;
}

async function anyRowWith(
  db: Db,
  runId: RunId,
  key: string,
): Promise<Row | null> {
  const row = await rowWith(db, runId, key);
  return row ?? (await ownRow(db, runId, ROOTS));
}

/**
 * The row that has the step of a run that goes on, if there is one: its own, or the packed one of an iteration around it
 * (which need not have it). `isElsewhere`: the iteration is known not to be packed.
 */
export async function rowWith(
  db: Db,
  runId: RunId,
  key: string,
  isElsewhere: (iteration: string) => boolean = () => false,
): Promise<Row | null> {
  const own = await ownRow(db, runId, key);
  return own ?? (await packAround(db, runId, key, isElsewhere));
}

async function ownRow(db: Db, runId: RunId, key: string): Promise<Row | null> {
  return await db
    .query("stepExecutions")
    .withIndex("by_runId_and_key", (q) => q.eq("runId", runId).eq("key", key))
    .unique();
}

async function packAround(
  db: Db,
  runId: RunId,
  key: string,
  isElsewhere: (iteration: string) => boolean = () => false,
): Promise<Row | null> {
  for (const iteration of iterationsAround(key)) {
    if (isElsewhere(iteration)) continue;
    const index = iterationIndex(iteration);
    const row = await lastBefore(db, runId, scopeOf(iteration), index + 1);
    if (row?.packed !== undefined && index < row.packed.to) return row;
  }
  return null;
}

async function lastBefore(
  db: Db,
  runId: RunId,
  scope: string,
  sequence: number,
): Promise<Row | null> {
  return await db
    .query("stepExecutions")
    .withIndex("by_runId_and_scope_and_sequence", (q) =>
      q.eq("runId", runId).eq("scope", scope).lt("sequence", sequence),
    )
    .order("desc")
    .first();
}

/** A step and what is in it, as far as these are in one row: `isWhole` when that is all of it. */
export async function treeAt(
  { db }: QueryCtx,
  runId: RunId,
  key: string,
): Promise<{ steps: WholeStep[]; isWhole: boolean } | null> {
  const row = await anyRowWith(db, runId, key);
  if (row === null) return null;
  const steps = stepsOf(row).filter(
    (step) => step.key === key || isInside(step.key, key),
  );
  return { steps, isWhole: row.packed !== undefined && row.key !== ROOTS };
}

/** The first steps in an iteration that are in no loop inside it, or with the scope "" those in no loop at all. */
export async function firstInScope(
  { db }: QueryCtx,
  runId: RunId,
  scope: string,
  limit: number,
): Promise<WholeStep[]> {
  const rows = await db
    .query("stepExecutions")
    .withIndex("by_runId_and_scope_and_sequence", (q) =>
      q.eq("runId", runId).eq("scope", scope),
    )
    .take(limit);
  if (rows.length > 0 || scope === "")
    return rows.flatMap((row) => inScope(row, scope)).slice(0, limit);
  const pack = await packAround(db, runId, scope);
  return pack === null ? [] : inScope(pack, scope).slice(0, limit);
}

/** Those in a list of the tree, in its order. */
function inScope(pack: Row, scope: string): WholeStep[] {
  const steps = stepsOf(pack).filter((step) => step.scope === scope);
  return steps.sort((a, b) => a.sequence - b.sequence);
}

/**
 * In the order of the keys of their rows, up to the row with which they are more than `limit`. A range that does not begin
 * with the first of all keys is one of keys in loops.
 */
export async function firstByKey(
  { db }: QueryCtx,
  runId: RunId,
  { from = "", to, limit }: { from?: string; to?: string; limit: number },
): Promise<WholeStep[]> {
  const found: WholeStep[] = [];
  const rows = db.query("stepExecutions").withIndex("by_runId_and_key", (q) => {
    const start = q.eq("runId", runId).gte("key", from);
    return to === undefined ? start : start.lt("key", to);
  });
  for await (const row of rows) {
    found.push(...stepsOf(row));
    if (found.length > limit) break;
  }
  return found;
}

/** A result of a function may have 8,192 elements. */
const MAX_PAGE = 4_000;

type Page = { page: WholeStep[]; isDone: boolean; continueCursor: string };
type PageOptions = { numItems: number; cursor: string | null };

/** What a step tree opens below an iteration or a loop, a page at a time. */
export async function pageOfScope(
  { db }: QueryCtx,
  runId: RunId,
  { scope, page }: { scope: string; page: PageOptions },
): Promise<Page> {
  const pack = await packAround(db, runId, containerOf(scope));
  if (pack !== null) return partOf(inScope(pack, scope), page);
  if (!isIterationKey(containerOf(scope)))
    return await pageOfIterations(db, runId, { scope, page });
  const found = await db
    .query("stepExecutions")
    .withIndex("by_runId_and_scope_and_sequence", (q) =>
      q.eq("runId", runId).eq("scope", scope),
    )
    .paginate(page);
  return { ...found, page: found.page.map(wholeStep) };
}

/** `notify[]` is the list of a loop's iterations. */
function containerOf(scope: string): string {
  return scope.endsWith("[]") ? scope.slice(0, -"[]".length) : scope;
}

/** The cursor is a position in the list. */
function partOf(steps: WholeStep[], { numItems, cursor }: PageOptions): Page {
  const from = startOf(cursor);
  const to = from + Math.min(numItems, MAX_PAGE);
  return {
    page: steps.slice(from, to),
    isDone: to >= steps.length,
    continueCursor: `${to}`,
  };
}

/** Throws `invalid_argument`. */
function startOf(cursor: string | null): number {
  if (cursor === null) return 0;
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor);
  throw userError("invalid_argument", "This cursor is of no page of steps.", {
    field: "paginationOpts.cursor",
  });
}

/** The cursor is the index of an iteration: a page has those of a range, however they are stored. */
async function pageOfIterations(
  db: Db,
  runId: RunId,
  { scope, page }: { scope: string; page: PageOptions },
): Promise<Page> {
  const from = startOf(page.cursor);
  const to = from + Math.min(page.numItems, MAX_PAGE);
  const rows = await rowsBetween(db, runId, { scope, from, to });
  const steps = rows.flatMap((row) => inScope(row, scope));
  const inRange = ({ sequence }: WholeStep) =>
    from <= sequence && sequence < to;
  const goesOn =
    steps.some(({ sequence }) => sequence >= to) ||
    (await hasFrom(db, runId, { scope, from: to }));
  return {
    page: steps.filter(inRange),
    isDone: !goesOn,
    continueCursor: `${to}`,
  };
}

type Range = { scope: string; from: number; to: number };

/** With the packed one that has begun before. */
async function rowsBetween(
  db: Db,
  runId: RunId,
  { scope, from, to }: Range,
): Promise<Row[]> {
  const rows = await db
    .query("stepExecutions")
    .withIndex("by_runId_and_scope_and_sequence", (q) =>
      q
        .eq("runId", runId)
        .eq("scope", scope)
        .gte("sequence", from)
        .lt("sequence", to),
    )
    .collect();
  if (from === 0 || rows[0]?.sequence === from) return rows;
  const before = await lastBefore(db, runId, scope, from);
  return before?.packed === undefined ? rows : [before, ...rows];
}

async function hasFrom(
  db: Db,
  runId: RunId,
  { scope, from }: Omit<Range, "to">,
): Promise<boolean> {
  const next = await db
    .query("stepExecutions")
    .withIndex("by_runId_and_scope_and_sequence", (q) =>
      q.eq("runId", runId).eq("scope", scope).gte("sequence", from),
    )
    .first();
  return next !== null;
}
