/** What workers report about attempts, and what a report does to its run. */
import { type Infer, v } from "convex/values";
import type { Doc } from "../../_generated/dataModel";
import type { MutationCtx } from "../../functions";
import { type PayloadRef, storeFilePayload } from "../../model/payloads";
import { vStepError } from "../../validators/steps";
import { endAttempt } from "./attempts";
import type { Handout } from "./handout";
import { retryOrFail } from "../flow/retries";
import { storedError } from "../flow/storedError";
import { appendOutput, vOutput } from "./stepOutput";
import type { Work } from "../flow/transitions";
import { noteSecrets } from "./usedSecrets";
import { loadTurn, takeTurn } from "../flow/turn";
import type { TurnState } from "../flow/turnState";

const vBody = v.union(
  v.object({ kind: v.literal("inline"), json: v.string() }),
  v.object({
    kind: v.literal("file"),
    storageId: v.id("_storage"),
    bytes: v.number(),
    type: v.string(),
    preview: v.string(),
  }),
);

export const vReport = v.object({
  taskId: v.id("tasks"),
  result: v.union(
    v.object({ kind: v.literal("completed"), output: vBody }),
    v.object({
      kind: v.literal("failed"),
      error: vStepError,
      retryAfterMs: v.union(v.number(), v.null()),
    }),
  ),
  /** What the attempt said since the worker was last heard. */
  output: vOutput,
  /** Secrets that the attempt has asked for; not set: none. */
  secretNames: v.optional(v.array(v.string())),
});
export type Report = Infer<typeof vReport>;

/** Writes the result of a claimed attempt and takes the next turn of its run. Late and duplicate ones do nothing (E2). */
export async function applyReport(
  ctx: MutationCtx,
  report: Report,
  handout: Handout,
): Promise<void> {
  const task = await ctx.db.get("tasks", report.taskId);
  if (task === null || task.claimedBy !== handout.generation) return;
  await ctx.db.delete("tasks", task._id);
  const turn = await loadTurn(ctx, task.runId);
  if (turn === null) return;
  const step = await turn.stepById(task.stepId);
  if (step === null) return;
  if (step.state.kind !== "running" || step.attempt !== task.attempt) return;
  await appendOutput(ctx, task, report.output);
  turn.handout = handout;
  turn.log.continueAfter(task, turn.run);
  noteSecrets(turn, report.secretNames);
  await takeTurn(turn, await applyResult(turn, task, report));
}

async function applyResult(
  turn: TurnState,
  task: Doc<"tasks">,
  report: Report,
): Promise<Work[]> {
  const { result } = report;
  logEnd(turn, task, result);
  if (result.kind === "completed") {
    const output = await storeBody(turn, result.output);
    const ended = await turn.end(
      task.stepKey,
      { kind: "completed" },
      { output },
    );
    const end = { status: "completed", endedAt: turn.now, output } as const;
    if (!ended || task.attemptId !== null)
      await endAttempt(turn.ctx, task, end);
    return ended ? [{ do: "advance", key: task.stepKey }] : [];
  }
  await endAttempt(turn.ctx, task, {
    status: "failed",
    endedAt: turn.now,
    error: storedError(result.error),
  });
  return await retryOrFail(turn, task.stepKey, result);
}

function logEnd(
  turn: TurnState,
  { stepKey: key, attempt }: Doc<"tasks">,
  result: Report["result"],
): void {
  const ended = { type: "attempt", key, attempt } as const;
  if (result.kind === "completed")
    return turn.log.add({ ...ended, status: "completed" });
  const { name, message } = result.error;
  const error = { name, message: message.slice(0, 200) };
  turn.log.add({ ...ended, status: "failed", error });
}

async function storeBody(
  turn: TurnState,
  body: Infer<typeof vBody>,
): Promise<PayloadRef> {
  if (body.kind === "inline") return await turn.values.storeText(body.json);
  return await storeFilePayload(turn.ctx, turn.run._id, body);
}
