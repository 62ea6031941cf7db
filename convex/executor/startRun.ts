/** Starts a run and takes its first turn in the same transaction: short runs of pure steps are over when it returns. */
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx } from "../functions";
import type { Json } from "../language/evaluation";
import type { Graph } from "../language/graph";
import { storePayload } from "../model/payloads";
import { SNAPSHOT_NUMBER } from "../model/versions";
import type { RunRef, StartedBy } from "../validators";
import { requestSeeds } from "./seedRequests";
import { slotFor } from "./slots";
import { prepareTest, type TestStart } from "./testRuns";
import { startTimer } from "./timerRequests";
import { takeTurn } from "./turn";
import { TurnState } from "./turnState";

export type RunStart = {
  workflow: Doc<"workflows">;
  /** The run sees this version for ever (E8). */
  version: Doc<"workflowVersions">;
  /** Already checked against the version's input schema. */
  input: Json;
  startedBy: StartedBy;
  replayOf?: RunRef | null;
  /** A key of the run it is a replay of: the steps before it are reused. */
  fromStep?: string;
  test?: TestStart;
};

export async function startRun(
  ctx: MutationCtx,
  start: RunStart,
): Promise<{ runId: Id<"workflowRuns">; number: number }> {
  const now = Date.now();
  const number = await nextNumber(ctx, start.workflow._id);
  const run = await insertRun(ctx, start, { number, now });
  const { version, startedBy } = start;
  const turn = new TurnState(ctx, { run, version, now, isNew: true });
  turn.log.add({ type: "run", state: run.state, startedBy });
  await beginRun(turn, start.test);
  if (turn.graph.timeoutMs !== null && turn.run.endedAt === null) {
    await startTimer(turn, now + turn.graph.timeoutMs, { kind: "runTimeout" });
  }
  return { runId: run._id, number };
}

/** With its first step, or with taking over what a replay from a step reuses. */
async function beginRun(turn: TurnState, test?: TestStart): Promise<void> {
  const { replayOf } = turn.run;
  if (replayOf?.fromStep === undefined) {
    const prepared = test ? await prepareTest(turn, test) : null;
    return await takeTurn(turn, prepared ?? firstWork(turn.graph));
  }
  const { runId: sourceId, fromStep: key } = replayOf;
  await requestSeeds(turn.ctx, turn.run, { graph: turn.graph, sourceId, key });
  turn.setRunState({ kind: "running", preparing: { steps: 0 } });
  await turn.flush();
}

function firstWork(graph: Graph) {
  const first = graph.steps[0];
  return first === undefined ? [] : [{ do: "start" as const, key: first.name }];
}

async function insertRun(
  ctx: MutationCtx,
  { workflow, version, input, startedBy, replayOf, fromStep }: RunStart,
  { number, now }: { number: number; now: number },
): Promise<Doc<"workflowRuns">> {
  const runId = await ctx.db.insert("workflowRuns", {
    organizationId: workflow.organizationId,
    workflowId: workflow._id,
    workflowName: workflow.name,
    workflowSlug: workflow.slug,
    versionId: version._id,
    versionNumber: version.number,
    number,
    state: { kind: "running" },
    startedBy,
    createdAt: now,
    startedAt: now,
    endedAt: null,
    replayOf: replayOf
      ? { ...replayOf, ...(fromStep === undefined ? {} : { fromStep }) }
      : null,
    slot: 0,
    input: null,
    output: null,
    error: null,
    backlog: [],
    ...(version.number === SNAPSHOT_NUMBER ? { isTest: true as const } : {}),
  });
  const stored = await storePayload(ctx, runId, JSON.stringify(input));
  await ctx.db.patch("workflowRuns", runId, {
    slot: slotFor(runId),
    input: stored,
  });
  const run = await ctx.db.get("workflowRuns", runId);
  if (run === null)
    throw new Error(`Run ${runId} vanished in its own transaction`);
  return run;
}

/** A row per workflow, so that starts of different workflows do not wait for each other. */
async function nextNumber(
  ctx: MutationCtx,
  workflowId: Id<"workflows">,
): Promise<number> {
  const row = await ctx.db
    .query("runCounters")
    .withIndex("by_workflowId", (q) => q.eq("workflowId", workflowId))
    .unique();
  if (row === null) {
    await ctx.db.insert("runCounters", { workflowId, last: 1 });
    return 1;
  }
  await ctx.db.patch("runCounters", row._id, { last: row.last + 1 });
  return row.last + 1;
}
