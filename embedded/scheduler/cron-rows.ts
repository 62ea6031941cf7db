/** Rows of `_crons`: written by a push (which jobs there are) and by the scheduler (when they fire next). */
import type { JSONValue } from "convex/values";
import type {
  ComponentPath,
  DocumentJson,
  DocumentStream,
  Transaction,
} from "../database/types";
import {
  getJob,
  insertJob,
  isActive,
  SCHEDULED,
} from "../runtime/scheduled-jobs";
import {
  checkSchedule,
  type CronSpec,
  firstFireTime,
  nextFireTime,
} from "./cron-times";

const TABLE = "_crons";

export interface CronRow extends DocumentJson {
  _id: string;
  name: string;
  /** The specification as JSON text: compared as a whole, and free of the rules for field names. */
  spec: string;
  nextTime: number;
  /** The job of the last occurrence; null before the first one. */
  jobId: string | null;
}

export type CronDiff = {
  added: string[];
  updated: string[];
  deleted: string[];
};

/** Unchanged jobs keep their next time; changed ones start over; those no longer listed are removed. */
export function replaceCrons(
  tx: Transaction,
  component: ComponentPath,
  wanted: { identifier: string; spec: JSONValue }[],
  nowMs: number,
): CronDiff {
  const existing = new Map(
    listCrons(tx, component).map((row) => [row.name, row]),
  );
  const diff: CronDiff = { added: [], updated: [], deleted: [] };
  for (const { identifier, spec } of wanted) {
    const row = existing.get(identifier);
    existing.delete(identifier);
    const text = JSON.stringify(spec);
    if (row?.spec === text) continue;
    (row === undefined ? diff.added : diff.updated).push(identifier);
    placeCron(tx, component, { row, identifier, text, nowMs });
  }
  for (const row of existing.values()) {
    diff.deleted.push(row.name);
    tx.system.remove(component, TABLE, row._id);
  }
  return diff;
}

function placeCron(
  tx: Transaction,
  component: ComponentPath,
  cron: {
    row: CronRow | undefined;
    identifier: string;
    text: string;
    nowMs: number;
  },
): void {
  const { schedule } = parseSpec(cron.text);
  tx.touch(SCHEDULED);
  checkSchedule(cron.identifier, schedule);
  const fields = {
    name: cron.identifier,
    spec: cron.text,
    nextTime: firstFireTime(schedule, cron.nowMs),
    jobId: cron.row?.jobId ?? null,
  };
  if (cron.row === undefined) tx.system.insert(component, TABLE, fields);
  else tx.system.replace(component, TABLE, cron.row._id, fields);
}

function parseSpec(text: string): CronSpec {
  return JSON.parse(text) as CronSpec;
}

export function listCrons(
  tx: Transaction,
  component: ComponentPath,
): CronRow[] {
  const stream = byNextTime(tx, component);
  const rows: CronRow[] = [];
  for (let row = stream.next(); row !== null; row = stream.next()) {
    rows.push(row as CronRow);
  }
  return rows;
}

/** When the next cron is due; null without any. */
export function nextCronTime(
  tx: Transaction,
  component: ComponentPath,
): number | null {
  const first = byNextTime(tx, component).next() as CronRow | null;
  return first?.nextTime ?? null;
}

function byNextTime(tx: Transaction, component: ComponentPath): DocumentStream {
  return tx.system.query(component, {
    source: {
      type: "IndexRange",
      indexName: `${TABLE}.by_next_time`,
      range: [],
      order: "asc",
    },
    operators: [],
  });
}

/**
 * Turns every due cron into a scheduled job, in one transaction with its next time: each occurrence runs once, whatever
 * crashes. An occurrence that finds the last one still active is skipped.
 */
export function fireDueCrons(
  tx: Transaction,
  component: ComponentPath,
  nowMs: number,
): void {
  for (const row of listCrons(tx, component)) {
    if (row.nextTime > nowMs) return;
    fireCron(tx, component, row, nowMs);
  }
}

function fireCron(
  tx: Transaction,
  component: ComponentPath,
  row: CronRow,
  nowMs: number,
): void {
  const spec = parseSpec(row.spec);
  const last = row.jobId === null ? null : getJob(tx, component, row.jobId);
  const overlaps = last !== null && isActive(last.state);
  const jobId = overlaps ? row.jobId : startJob(tx, component, spec, nowMs);
  const { _id, _creationTime, ...fields } = row;
  tx.system.replace(component, TABLE, _id, {
    ...fields,
    jobId,
    nextTime: nextFireTime(spec.schedule, row.nextTime, nowMs),
  });
}

function startJob(
  tx: Transaction,
  component: ComponentPath,
  spec: CronSpec,
  nowMs: number,
): string {
  return insertJob(tx, component, {
    name: spec.name,
    args: spec.args[0] ?? {},
    scheduledTime: nowMs,
    nowMs,
  });
}
