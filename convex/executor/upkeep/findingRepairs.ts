/** What may be mended of what the audit found; the rest is only counted. */
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx } from "../../functions";
import type { Finding, FindingName } from "../../validators/upkeep";
import { interruptStep } from "../effects/interruptions";
import { loadTurn } from "../flow/turn";
import type { TurnState } from "../flow/turnState";
import { endLater, findEnding } from "../runs/runEndings";
import { requestRemoval } from "./runRemovals";

type Repair = (ctx: MutationCtx, finding: Finding) => Promise<boolean>;

const REPAIRS: Partial<Record<FindingName, Repair>> = {
  E4_step: retryLostStep,
  E6_left: endTheRest,
  orphan: removeOrphans,
};

/** True when something was done about it. */
export async function repairFinding(
  ctx: MutationCtx,
  finding: Finding,
): Promise<boolean> {
  const repair = REPAIRS[finding.name];
  return repair !== undefined && (await repair(ctx, finding));
}

/** The run of a finding, as the audit named it. */
function runIdOf({ runId }: Finding): Id<"workflowRuns"> {
  return runId as Id<"workflowRuns">;
}

/** An effect without a task: nobody knows whether it happened, as when a worker died. */
async function retryLostStep(
  ctx: MutationCtx,
  finding: Finding,
): Promise<boolean> {
  const turn = await loadTurn(ctx, runIdOf(finding));
  if (turn === null || finding.stepKey === undefined) return false;
  const step = await turn.step(finding.stepKey);
  const stepId = await turn.stepId(finding.stepKey);
  if (!isEffect(step) || (await hasTask(turn, stepId))) return false;
  await interruptStep(turn, step);
  return true;
}

function isEffect({
  kind,
  state,
}: Pick<Doc<"stepExecutions">, "kind" | "state">): boolean {
  const isActive = state.kind === "running" || state.kind === "pending";
  return isActive && (kind === "http" || kind === "action");
}

async function hasTask(
  { ctx, run }: TurnState,
  stepId: Id<"stepExecutions">,
): Promise<boolean> {
  const task = await ctx.db
    .query("tasks")
    .withIndex("by_runId_and_stepId", (q) =>
      q.eq("runId", run._id).eq("stepId", stepId),
    )
    .first();
  return task !== null;
}

async function endTheRest(
  ctx: MutationCtx,
  finding: Finding,
): Promise<boolean> {
  const runId = runIdOf(finding);
  if ((await findEnding(ctx, runId)) === null) await endLater(ctx, runId);
  return true;
}

/** Retention deletes the rest of the run. */
async function removeOrphans(
  ctx: MutationCtx,
  finding: Finding,
): Promise<boolean> {
  return await requestRemoval(ctx, runIdOf(finding));
}
