/** The history of every run of a database against its rows: the states they lead to, and their numbers. */
import type { Doc } from "../../../convex/_generated/dataModel";
import { parseEvents } from "../../../convex/executor/runs/eventLog";
import {
  type DatedEvent,
  rebuild,
} from "../../../convex/executor/runs/runHistory";
import {
  isRunEnded,
  isStepEnded,
} from "../../../convex/executor/flow/transitions";
import { wholeStep } from "../../../convex/model/stepFields";

export interface RunRows {
  runs: Doc<"workflowRuns">[];
  steps: Doc<"stepExecutions">[];
  chunks: Doc<"runEvents">[];
}

/** A sentence for everything that is not as the rows say. */
export function wrongHistories({ runs, steps, chunks }: RunRows): string[] {
  const stepsOf = byRun(steps);
  const chunksOf = byRun(chunks);
  return runs.flatMap((run) => {
    const own = (chunksOf.get(run._id) ?? []).sort((a, b) => a.next - b.next);
    const differences = compare(run, stepsOf.get(run._id) ?? [], own);
    return differences.map((text) => `#${run.number} ${run._id}: ${text}`);
  });
}

function byRun<Row extends { runId: string }>(rows: Row[]): Map<string, Row[]> {
  const found = new Map<string, Row[]>();
  for (const row of rows) {
    const others = found.get(row.runId) ?? [];
    others.push(row);
    found.set(row.runId, others);
  }
  return found;
}

function compare(
  run: Doc<"workflowRuns">,
  steps: Doc<"stepExecutions">[],
  chunks: Doc<"runEvents">[],
): string[] {
  const rebuilt = rebuild(datedEvents(chunks));
  const wrong = [...holesIn(chunks), ...endedTwice(datedEvents(chunks))];
  expectSame(wrong, "run", { is: run.state, logged: rebuilt.state });
  for (const step of steps) {
    const logged = rebuilt.steps.get(step.key) ?? null;
    rebuilt.steps.delete(step.key);
    expectSame(wrong, step.key, { is: shown(step), logged });
  }
  for (const key of rebuilt.steps.keys()) wrong.push(`no row for ${key}`);
  return wrong;
}

/** What happened to one run, in order. */
export function historyOf(
  runId: string,
  chunks: Doc<"runEvents">[],
): DatedEvent[] {
  const own = chunks.filter((chunk) => chunk.runId === runId);
  return datedEvents(own.sort((a, b) => a.next - b.next));
}

function datedEvents(chunks: Doc<"runEvents">[]): DatedEvent[] {
  return chunks.flatMap(({ events, at }) =>
    parseEvents(events).map((event) => ({ at, event })),
  );
}

function holesIn(chunks: Doc<"runEvents">[]): string[] {
  let next = 0;
  return chunks.flatMap((chunk) => {
    next += parseEvents(chunk.events).length;
    return chunk.next === next ? [] : [`chunk ${chunk.next} should be ${next}`];
  });
}

/** E2 and E6, also within one transaction, where rows show only the last state. */
function endedTwice(events: DatedEvent[]): string[] {
  const ended = new Set<string>();
  return events.flatMap(({ event }) => {
    if (event.type !== "step" && event.type !== "began" && event.type !== "run")
      return [];
    const what = event.type === "run" ? "the run" : event.key;
    const isOver =
      event.type === "run" ? isRunEnded(event.state) : isStepEnded(event.state);
    const again = ended.has(what);
    if (isOver) ended.add(what);
    return again
      ? [`E2: ${what} had ended and became ${event.state.kind}`]
      : [];
  });
}

function shown(step: Doc<"stepExecutions">) {
  const { kind, state, attempt, branch, ...times } = wholeStep(step);
  const { createdAt, startedAt, endedAt } = times;
  return { kind, state, attempt, branch, createdAt, startedAt, endedAt };
}

function expectSame(
  wrong: string[],
  what: string,
  { is, logged }: { is: unknown; logged: unknown },
): void {
  const [a, b] = [inOrder(is), inOrder(logged)];
  if (a !== b) wrong.push(`${what} is ${a}, and by its history ${b}`);
}

/** Stored documents have their fields in another order. */
function inOrder(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort())
      : inner,
  );
}
