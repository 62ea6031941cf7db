/** Compares what a lane knows of its writes with the traces that they left. */
import type { FunctionReturnType } from "convex/server";
import type { api } from "./app/api";
import type { Findings } from "./findings";
import type { Entry, Lane } from "./lane";

export type Traces = FunctionReturnType<typeof api.audit.traces>;
export type LaneSnapshot = {
  name: string;
  entries: readonly Entry[];
  acknowledged: ReadonlyMap<number, number>;
  sendsAgain: boolean;
};
type Marks = {
  orders: number[];
  rights: number;
  depths: number[];
  deeds: number;
};

/** What is known now: anything acknowledged later may be missing in what is read next. */
export function snapshotOf(lane: Lane): LaneSnapshot {
  return {
    name: lane.name,
    entries: [...lane.entries],
    acknowledged: new Map(lane.acknowledged),
    sendsAgain: lane.sendsAgain,
  };
}

/** Holds at any moment, however much is still on its way. */
export function auditEntries(
  lane: LaneSnapshot,
  entries: readonly Entry[],
  found: { traces: Traces; findings: Findings },
): void {
  const marks = marksByNumber(found.traces);
  for (const entry of entries) {
    const of = marks(entry.n);
    const name = `${lane.name} ${entry.n}`;
    auditWrite(name, lane.acknowledged.get(entry.n), of, found.findings);
    auditScheduled(name, entry, of, found.findings);
  }
}

/** Holds once everything has been answered and nothing is scheduled any more. */
export function auditCompleteness(
  lane: LaneSnapshot,
  entries: readonly Entry[],
  found: { traces: Traces; findings: Findings },
): void {
  const marks = marksByNumber(found.traces);
  for (const entry of entries) {
    const { orders, depths } = marks(entry.n);
    const name = `${lane.name} ${entry.n}`;
    if (orders.length === 0 && lane.sendsAgain)
      found.findings.note("lost", `${name} was never executed`);
    if (orders.length > 0 && new Set(depths).size < entry.follows)
      found.findings.note(
        "scheduled_missed",
        `${name} has ${depths.length} of ${entry.follows} follow-ups`,
      );
  }
}

function auditWrite(
  name: string,
  acknowledgedOrder: number | undefined,
  { orders, rights }: Marks,
  findings: Findings,
): void {
  if (orders.length !== rights)
    findings.note("halves", `${name}: ${orders.length} left, ${rights} right`);
  if (orders.length > 1)
    findings.note("doubled", `${name} was applied ${orders.length} times`);
  if (acknowledgedOrder === undefined) return;
  if (orders.length === 0)
    findings.note("lost", `${name} was acknowledged and is not there`);
  else if (!orders.includes(acknowledgedOrder))
    findings.note("doubled", `${name} was answered by another execution`);
}

function auditScheduled(
  name: string,
  entry: Entry,
  { orders, depths, deeds }: Marks,
  findings: Findings,
): void {
  if (orders.length === 0 && depths.length + deeds > 0)
    findings.note("halves", `${name}: only what it scheduled is there`);
  if (new Set(depths).size !== depths.length || depths.length > entry.follows)
    findings.note("scheduled_doubled", `${name}: follow-ups ${depths.join()}`);
  if (deeds > (entry.acts ? 1 : 0))
    findings.note("scheduled_doubled", `${name}: ${deeds} actions`);
}

function marksByNumber(traces: Traces): (n: number) => Marks {
  const byNumber = new Map<number, Marks>();
  const of = (n: number): Marks => {
    const known = byNumber.get(n);
    if (known !== undefined) return known;
    const fresh = { orders: [], rights: 0, depths: [], deeds: 0 };
    byNumber.set(n, fresh);
    return fresh;
  };
  for (const { n, order } of traces.lefts) of(n).orders.push(order);
  for (const n of traces.rights) of(n).rights += 1;
  for (const { n, depth } of traces.follows) of(n).depths.push(depth);
  for (const n of traces.deeds) of(n).deeds += 1;
  return of;
}
