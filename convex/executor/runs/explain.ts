/** One sentence about a run, computed from rows: why it is where it is, and what will move it. */
import type { Doc } from "../../_generated/dataModel";
import type { QueryCtx } from "../../functions";
import { wholeStep } from "../../model/stepFields";
import type { ExplanationPart, RunState } from "../../validators/runs";
import type { ErrorSummary } from "../../validators/steps";
import { isRunEnded } from "../flow/transitions";
import { explainQueued, text } from "./explainQueue";

const MANY = 20;

export async function explainRun(
  ctx: QueryCtx,
  run: Doc<"workflowRuns">,
): Promise<ExplanationPart[]> {
  const { failing } = run;
  if (failing === undefined || isRunEnded(run.state))
    return await explainState(ctx, run);
  const end = /[.!?…]$/.test(failing.message) ? " " : ". ";
  const rest = text(`${end}Now its onFailure goes on: `);
  return [...failed(failing), rest, ...(await explainState(ctx, run))];
}

async function explainState(
  ctx: QueryCtx,
  run: Doc<"workflowRuns">,
): Promise<ExplanationPart[]> {
  const { state } = run;
  switch (state.kind) {
    case "queued":
      return await explainQueued(ctx, run);
    case "running":
      return await explainRunning(ctx, run);
    case "waiting":
      return await explainWaiting(ctx, run, state);
    case "completed":
      return [
        text(
          state.stoppedBy === undefined
            ? "Completed: its last step has ended."
            : `Completed early by the step “${state.stoppedBy}”.`,
        ),
      ];
    case "failed":
      return failed(state.error);
    case "cancelled":
      return [text(`Cancelled by ${state.by}${sentence(state.reason)}`)];
  }
}

function failed({ name, message, stepKey }: ErrorSummary): ExplanationPart[] {
  const where = stepKey === null ? "" : ` in the step “${stepKey}”`;
  return [text(`Failed${where}: ${name}: ${message}`)];
}

const sentence = (reason: string | undefined) =>
  reason === undefined ? "." : `: ${reason}`;

async function explainRunning(
  ctx: QueryCtx,
  run: Doc<"workflowRuns">,
): Promise<ExplanationPart[]> {
  const tasks = await ctx.db
    .query("tasks")
    .withIndex("by_runId_and_stepId", (q) => q.eq("runId", run._id))
    .take(MANY);
  const task = tasks.find(({ claimedBy }) => claimedBy !== null) ?? tasks[0];
  if (task === undefined) return [text("Its next step begins in a moment.")];
  const others = tasks.length - 1;
  const more = others === 0 ? "." : `; ${others} more are under way.`;
  if (task.claimedBy === null)
    return [
      text(`The step “${task.stepKey}” is ready and waits for a worker since `),
      { kind: "time", at: task._creationTime },
      text(more),
      ...(await explainWorker(ctx, run)),
    ];
  const row = await ctx.db.get("stepExecutions", task.stepId);
  const step = row && wholeStep(row);
  const attempt = `attempt ${task.attempt} of ${step?.maxAttempts ?? task.attempt}`;
  const what = task.kind === "http" ? "waits for an answer" : "runs";
  return [
    text(`The step “${task.stepKey}” ${what} since `),
    { kind: "time", at: await claimedAt(ctx, task, step) },
    text(`, ${attempt}${more}`),
  ];
}

/** When its worker took it; it may have been ready long before. */
async function claimedAt(
  ctx: QueryCtx,
  { stepId, attempt, _creationTime }: Doc<"tasks">,
  step: Doc<"stepExecutions"> | null,
): Promise<number> {
  const row = await ctx.db
    .query("stepAttempts")
    .withIndex("by_stepId_and_number", (q) =>
      q.eq("stepId", stepId).eq("number", attempt),
    )
    .unique();
  return row?.startedAt ?? step?.startedAt ?? _creationTime;
}

/** Nothing while a worker runs: it takes the task when it has room. A lease is not judged here: queries have no clock. */
async function explainWorker(
  ctx: QueryCtx,
  { slot }: Doc<"workflowRuns">,
): Promise<ExplanationPart[]> {
  const worker = await ctx.db
    .query("workerSlots")
    .withIndex("by_slot", (q) => q.eq("slot", slot))
    .unique();
  return worker?.state.kind === "running"
    ? []
    : [text(" No worker is running for it; one is started within a minute.")];
}

type Waiting = Extract<RunState, { kind: "waiting" }>;

async function explainWaiting(
  ctx: QueryCtx,
  run: Doc<"workflowRuns">,
  state: Waiting,
): Promise<ExplanationPart[]> {
  const at = `The step “${state.stepKey}”`;
  switch (state.for) {
    case "delay":
      return [text(`${at} sleeps`), ...until(state.until)];
    case "event":
      return [
        text(
          `${at} waits for the event “${state.event}”${state.match === null ? "" : ` with ${state.match}`}`,
        ),
        ...until(state.until),
      ];
    case "run":
      return [
        text(`${at} waits for a run of the workflow “${state.workflow}”`),
        ...until(state.until),
      ];
    case "approval":
      return [
        text(`${at} waits for a decision on “${state.title}”`),
        ...until(state.until),
      ];
    case "retry": {
      const why = await lastErrorOf(ctx, run, state.stepKey);
      return [
        text(`${at} is tried again at `),
        { kind: "time", at: state.until },
        text(why === null ? "." : `, because it failed: ${why}`),
      ];
    }
  }
}

function until(at: number | null): ExplanationPart[] {
  return at === null
    ? [text(".")]
    : [text(" until "), { kind: "time", at }, text(".")];
}

async function lastErrorOf(
  ctx: QueryCtx,
  run: Doc<"workflowRuns">,
  key: string,
): Promise<string | null> {
  const step = await ctx.db
    .query("stepExecutions")
    .withIndex("by_runId_and_key", (q) => q.eq("runId", run._id).eq("key", key))
    .unique();
  if (step?.state.kind !== "retrying") return null;
  const { name, message } = step.state.error;
  return `${name}: ${message}`;
}
