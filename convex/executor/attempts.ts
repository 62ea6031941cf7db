/** Writer of `stepAttempts`: one row for each attempt of an effect, and for pure steps whose code logged something. */
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx } from "../functions";

type Attempt = Doc<"stepAttempts">;
type LogRow = Attempt["logs"][number];

/** A loop that logs in every iteration must not outgrow its row. */
const MAX_LOG_LINES = 500;
const MAX_LOG_CHARS = 128 * 1024;

/** A worker takes the attempt. Its row exists already when the function that made the request logged something. */
export async function openAttempt(
  ctx: MutationCtx,
  attempt: Pick<Attempt, "stepId" | "number" | "startedAt" | "input">,
): Promise<void> {
  const row = await findAttempt(ctx, attempt.stepId, attempt.number);
  if (row !== null)
    await ctx.db.patch("stepAttempts", row._id, {
      ...attempt,
      status: "running",
    });
  else await insertAttempt(ctx, { ...attempt, status: "running" });
}

export async function endAttempt(
  ctx: MutationCtx,
  { stepId, attempt }: { stepId: Id<"stepExecutions">; attempt: number },
  { logs = [], ...change }: Partial<Attempt>,
): Promise<void> {
  const row = await findAttempt(ctx, stepId, attempt);
  if (row === null) return;
  await ctx.db.patch("stepAttempts", row._id, {
    ...change,
    logs: bounded([...row.logs, ...logs]),
  });
}

/** The attempt in flight ends with its run or its container. */
export async function cancelAttempt(
  ctx: MutationCtx,
  stepId: Id<"stepExecutions">,
  now: number,
): Promise<void> {
  const row = await ctx.db
    .query("stepAttempts")
    .withIndex("by_stepId_and_number", (q) => q.eq("stepId", stepId))
    .order("desc")
    .first();
  if (row?.status === "running")
    await ctx.db.patch("stepAttempts", row._id, {
      status: "cancelled",
      endedAt: now,
    });
}

/** What functions of a step logged in a turn. The functions have ended; only an effect still goes on after them. */
export async function addLogs(
  ctx: MutationCtx,
  logged: {
    stepId: Id<"stepExecutions">;
    step: Pick<
      Doc<"stepExecutions">,
      "state" | "startedAt" | "endedAt" | "error" | "output" | "attempt"
    >;
    now: number;
    lines: LogRow[];
  },
): Promise<void> {
  const { stepId, step, now, lines } = logged;
  const number = step.attempt;
  const row = await findAttempt(ctx, stepId, number);
  if (row !== null) {
    return await ctx.db.patch("stepAttempts", row._id, {
      logs: bounded([...row.logs, ...lines]),
    });
  }
  await insertAttempt(ctx, {
    stepId,
    number,
    status: statusOf(step.state.kind),
    startedAt: step.startedAt ?? now,
    endedAt: step.state.kind === "pending" ? null : (step.endedAt ?? now),
    error: step.error,
    output: step.output,
    logs: bounded(lines),
  });
}

function bounded(lines: LogRow[]): LogRow[] {
  let chars = 0;
  return lines
    .slice(0, MAX_LOG_LINES)
    .filter(({ text }) => (chars += text.length) <= MAX_LOG_CHARS);
}

function statusOf(
  kind: Doc<"stepExecutions">["state"]["kind"],
): Attempt["status"] {
  if (kind === "pending") return "running";
  return kind === "failed" ? "failed" : "completed";
}

async function findAttempt(
  ctx: MutationCtx,
  stepId: Id<"stepExecutions">,
  number: number,
): Promise<Attempt | null> {
  return await ctx.db
    .query("stepAttempts")
    .withIndex("by_stepId_and_number", (q) =>
      q.eq("stepId", stepId).eq("number", number),
    )
    .unique();
}

async function insertAttempt(
  ctx: MutationCtx,
  attempt: Pick<Attempt, "stepId" | "number" | "status" | "startedAt"> &
    Partial<Attempt>,
): Promise<void> {
  const nothing = { endedAt: null, error: null, input: null, output: null };
  await ctx.db.insert("stepAttempts", { ...nothing, logs: [], ...attempt });
}
