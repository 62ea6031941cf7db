/** The row of a new run, and its first turn. Whether and when it may begin is decided before: `startRun.ts`. */
import type { WithoutSystemFields } from "convex/server";
import type { Infer } from "convex/values";
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx } from "../../functions";
import type { Json } from "../../language/evaluation";
import type { Graph } from "../../language/graph";
import { smallPayload, storePayload } from "../../model/payloads";
import { findCounter } from "../../model/runCounters";
import type { RunFields } from "../../model/runs";
import { SNAPSHOT_NUMBER } from "../../model/versions";
import type { ReplayOf, vParentRun } from "../../validators/runRefs";
import type { RunState } from "../../validators/runs";
import type { StartedBy } from "../../validators/triggers";
import { requestSeeds } from "../replay/seedRequests";
import { slotFor } from "../effects/slots";
import { prepareTest, type TestStart } from "../testRuns/testRuns";
import { runDeadline } from "../flow/deadlines";
import { startTimer } from "../flow/timerRequests";
import { takeTurn } from "../flow/turn";
import { TurnState } from "../flow/turnState";

export type NewRun = {
  workflow: Doc<"workflows">;
  /** The run sees this version for ever (E8). */
  version: Doc<"workflowVersions">;
  /** Already checked against the version's input schema. */
  input: Json;
  startedBy: StartedBy;
  replayOf?: Omit<ReplayOf, "fromStep"> | null;
  /** The step of another run that asks for it, and how deep it is in runs. */
  parent?: Infer<typeof vParentRun>;
  depth?: number;
  /** Those of the run that starts it, or whose steps it reuses: it may say what they are. */
  secretNames?: string[] | undefined;
  /** A key of the run it is a replay of: the steps before it are reused. */
  fromStep?: string;
  /** Of a snapshot of the draft. */
  test?: TestStart;
  /** Higher first, from -100 to 100; in place of the workflow's own. */
  priority?: number;
};

export async function insertRun(
  ctx: MutationCtx,
  {
    workflow,
    version,
    input,
    startedBy,
    replayOf,
    fromStep,
    priority,
    parent,
    depth,
    secretNames,
  }: NewRun,
  { state, now }: { state: RunState; now: number },
): Promise<RunFields> {
  const isQueued = state.kind === "queued";
  const isOver = state.kind === "cancelled" || state.kind === "failed";
  const number = await nextNumber(ctx, workflow._id);
  const json = JSON.stringify(input);
  const small = smallPayload(json);
  const fields: WithoutSystemFields<Doc<"workflowRuns">> = {
    organizationId: workflow.organizationId,
    workflowId: workflow._id,
    workflowName: workflow.name,
    workflowSlug: workflow.slug,
    versionId: version._id,
    versionNumber: version.number,
    number,
    state,
    startedBy,
    createdAt: now,
    startedAt: isQueued || isOver ? null : now,
    endedAt: isOver ? now : null,
    replayOf: replayOf
      ? { ...replayOf, ...(fromStep === undefined ? {} : { fromStep }) }
      : null,
    ...(parent === undefined ? {} : { parent, depth: depth ?? 1 }),
    slot: slotFor(`${workflow._id}:${number}`),
    input: small,
    output: null,
    error: null,
    backlog: [],
    ...(version.number === SNAPSHOT_NUMBER ? { isTest: true as const } : {}),
    ...(priority === undefined || priority === 0 ? {} : { priority }),
    ...(secretNames === undefined ? {} : { secretNames }),
  };
  const _id = await ctx.db.insert("workflowRuns", fields);
  if (small !== null) return { ...fields, _id };
  const stored = await storePayload(ctx, _id, json);
  await ctx.db.patch("workflowRuns", _id, { input: stored });
  return { ...fields, _id, input: stored };
}

/** For the transaction that inserted the run; its history begins here. */
export function turnOfNew(
  ctx: MutationCtx,
  { version, startedBy }: NewRun,
  { run, now }: { run: RunFields; now: number },
): TurnState {
  const turn = new TurnState(ctx, { run, version, now, isNew: true });
  turn.log.add({ type: "run", state: run.state, startedBy });
  return turn;
}

/** The first turn of a run that is running, and the timer for its end. */
export async function beginRun(
  turn: TurnState,
  test?: TestStart,
): Promise<void> {
  await takeFirstTurn(turn, test);
  const deadline = runDeadline(turn.run, turn.graph);
  if (deadline !== null && turn.run.endedAt === null)
    await startTimer(turn, deadline, { kind: "runTimeout" });
}

/** With its first step, or with taking over what a replay from a step reuses. */
async function takeFirstTurn(
  turn: TurnState,
  test: TestStart | undefined,
): Promise<void> {
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

/** A row per workflow, so that starts of different workflows do not wait for each other. */
async function nextNumber(
  ctx: MutationCtx,
  workflowId: Id<"workflows">,
): Promise<number> {
  const row = await findCounter(ctx, workflowId);
  if (row === null) {
    await ctx.db.insert("runCounters", { workflowId, last: 1 });
    return 1;
  }
  await ctx.db.patch("runCounters", row._id, { last: row.last + 1 });
  return row.last + 1;
}
