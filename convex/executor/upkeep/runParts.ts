/** A run that has not ended, looked at in parts and pages: what every part of that has. */
import type { Doc } from "../../_generated/dataModel";
import type { MutationCtx } from "../../functions";
import { GRACE_MS } from "../runs/movers";
import type { Portion } from "./portion";

/** Rows of one page. */
export const PAGE = 100;

export type Run = Doc<"workflowRuns">;

/** `what` is the same for as long as nothing has moved; `first` is as `mayTry` has it. */
export type Repair = { what: string; first: 0 | 1; act: () => Promise<void> };

/**
 * What did not happen, and behind which key the next page begins, null after the last. `isAll`: nothing else is missing
 * before that has happened.
 */
export type Page = { repairs: Repair[]; next: string | null; isAll: boolean };

export type Look = { portion: Portion; after: string };
export type Part = (ctx: MutationCtx, run: Run, look: Look) => Promise<Page>;

/** A part of one page, about the run as a whole. */
export function onlyPage(repair: Repair | null): Page {
  const repairs = repair === null ? [] : [repair];
  return { repairs, next: null, isAll: repair !== null };
}

/** `rows` are in the order of their keys. */
export async function pageOf<Row extends object>(
  rows: Row[],
  portion: Portion,
  {
    keyOf,
    repairOf,
  }: {
    keyOf: (row: Row) => string;
    repairOf: (row: Row) => Promise<Repair | null> | Repair | null;
  },
): Promise<Page> {
  const repairs: Repair[] = [];
  for (const row of rows) {
    portion.take(row);
    const repair = await repairOf(row);
    if (repair !== null) repairs.push(repair);
  }
  const last = rows.at(-1);
  const isLast = last === undefined || rows.length < PAGE;
  return { repairs, next: isLast ? null : keyOf(last), isAll: false };
}

/** Long enough ago that what should have followed is lost. */
export function isOld(at: number): boolean {
  return Date.now() - at > GRACE_MS;
}
