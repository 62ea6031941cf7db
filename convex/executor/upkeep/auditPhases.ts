/** Phases of the audit: every run with its rows, then every row that should be of a run. */
import type { Doc, Id } from "../../_generated/dataModel";
import type { QueryCtx } from "../../functions";
import type { PayloadRef } from "../../model/payloads";
import type { FindingName, Place } from "../../validators/upkeep";
import { isRunEnded } from "../flow/transitions";
import { hasSeat } from "../queue/runSeats";
import { hasMover, isPreparing } from "../runs/movers";
import type { Portion } from "./portion";
import { findingsOf, type RunRows } from "./runCheck";
import { rowsOfRun } from "./runRows";

const BATCH = 20;

type Run = Doc<"workflowRuns">;

/** Runs by age, a few in each transaction. */
export async function auditRuns(
  ctx: QueryCtx,
  portion: Portion,
  at: Place,
): Promise<Place | null> {
  const run = await ctx.db
    .query("workflowRuns")
    .withIndex("by_creation_time", (q) => q.gt("_creationTime", at.after))
    .first();
  if (run === null) return null;
  portion.take(run);
  portion.count("runs");
  await auditRun(ctx, portion, run);
  return { ...at, after: run._creationTime };
}

async function auditRun(
  ctx: QueryCtx,
  portion: Portion,
  run: Run,
): Promise<void> {
  const say = (name: FindingName, text: string) =>
    portion.find({ name, runId: run._id, text: `${text} (#${run.number})` });
  const isEnded = isRunEnded(run.state);
  if (!isEnded && !(await hasMover(ctx, run)))
    say("E4_run", `nothing will move the run, ${JSON.stringify(run.state)}`);
  if (isEnded && (await hasSeat(ctx, run)))
    say("E5_seat", "the run has ended and takes up room");
  const version = await ctx.db.get("workflowVersions", run.versionId);
  if (version === null) return say("E8_version", "its version is gone");
  if (isPreparing(run) || run.state.kind === "queued") return;
  const rows = await rowsOfRun(ctx, run, version);
  for (const step of rows.steps) portion.take(step);
  if (!rows.isWhole) portion.count("runs looked at in part");
  for (const finding of findingsOf(rows)) portion.find(finding);
  for (const gone of await goneValues(ctx, rows)) say("E9_gone", gone);
}

async function goneValues(
  ctx: QueryCtx,
  { run, steps }: RunRows,
): Promise<string[]> {
  const refs = [
    { of: "the run", ref: run.input },
    { of: "the run", ref: run.output },
    ...steps.map(({ key, output }) => ({ of: key, ref: output })),
  ];
  const found: string[] = [];
  for (const { of, ref } of refs)
    if (ref !== null && (await isGone(ctx, ref)))
      found.push(`a value of ${of} is gone`);
  return found;
}

async function isGone(ctx: QueryCtx, { id }: PayloadRef): Promise<boolean> {
  if (id === null) return false;
  const payload = await ctx.db.get("payloads", id);
  if (payload?.body.kind !== "file") return payload === null;
  const file = await ctx.db.system.get("_storage", payload.body.storageId);
  return file === null;
}

/** `after` a creation time: the next rows of a table that name a run. */
type RowsOfRuns = (
  db: QueryCtx["db"],
  after: number,
) => Promise<{ _id: string; _creationTime: number; runId: Run["_id"] }[]>;

const TABLES: [string, RowsOfRuns][] = [
  ["stepExecutions", rowsIn("stepExecutions")],
  ["runEvents", rowsIn("runEvents")],
  ["payloads", rowsIn("payloads")],
  ["stepLogs", rowsIn("stepLogs")],
  ["stepStreams", rowsIn("stepStreams")],
  ["loopItems", rowsIn("loopItems")],
  ["pinnedOutputs", rowsIn("pinnedOutputs")],
  ["approvals", rowsIn("approvals")],
  ["eventMailbox", rowsIn("eventMailbox")],
  ["openWaits", rowsIn("openWaits")],
  ["tasks", rowsIn("tasks")],
  ["runSeats", rowsIn("runSeats")],
  ["runSeeds", rowsIn("runSeeds")],
  ["runEndings", rowsIn("runEndings")],
];

function rowsIn(
  table:
    | "approvals"
    | "eventMailbox"
    | "loopItems"
    | "openWaits"
    | "payloads"
    | "pinnedOutputs"
    | "runEndings"
    | "runEvents"
    | "runSeats"
    | "runSeeds"
    | "stepExecutions"
    | "stepLogs"
    | "stepStreams"
    | "tasks",
): RowsOfRuns {
  return async (db, after) =>
    await db
      .query(table)
      .withIndex("by_creation_time", (q) => q.gt("_creationTime", after))
      .take(BATCH);
}

/** Rows of runs that are gone, table by table; `owner` is the number of the table. */
export async function auditRows(
  { db }: QueryCtx,
  portion: Portion,
  at: Place,
): Promise<Place | null> {
  const [table, rowsAfter] = TABLES[at.owner] ?? [];
  if (table === undefined || rowsAfter === undefined) return null;
  const rows = await rowsAfter(db, at.after);
  for (const row of rows) {
    portion.take(row);
    portion.count("rows");
    if (await isOrphan(db, row.runId))
      portion.find({
        name: "orphan",
        runId: row.runId,
        text: `${table} ${row._id} is of a run that is gone`,
      });
  }
  const last = rows.at(-1);
  return last === undefined
    ? { ...at, owner: at.owner + 1, after: 0 }
    : { ...at, after: last._creationTime };
}

async function isOrphan(
  db: QueryCtx["db"],
  runId: Id<"workflowRuns">,
): Promise<boolean> {
  if ((await db.get("workflowRuns", runId)) !== null) return false;
  const removal = await db
    .query("runRemovals")
    .withIndex("by_runId", (q) => q.eq("runId", runId))
    .first();
  return removal === null;
}
