/** Scheduled functions that did not come, and of which rows say that somebody asked for them. */
import { internal } from "../../_generated/api";
import type { MutationCtx } from "../../functions";
import type { WholeStep } from "../../model/stepFields";
import { isRunEnded } from "../flow/transitions";
import { findSeed, prepareSoon } from "../replay/seedRequests";
import {
  cancelSoon,
  missSoon,
  startSoon,
  tellParent,
  unwantedSince,
} from "../runs/childRunRequests";
import { isPreparing, stepsAfter } from "../runs/movers";
import { lookFurtherSoon } from "../waits/lookBack";
import { deliverSoon } from "../waits/mailbox";
import { sleepTime } from "./lostTimers";
import {
  isOld,
  type Look,
  onlyPage,
  PAGE,
  type Page,
  pageOf,
  type Repair,
  type Run,
} from "./runParts";

/** Nobody waits for the run any more, and it was not cancelled. */
export async function unwantedRun(ctx: MutationCtx, run: Run): Promise<Page> {
  const since = await unwantedSince(ctx, run);
  if (since === null || !isOld(since)) return onlyPage(null);
  const { number = "?", stepKey = "?" } = run.parent ?? {};
  const what = `the cancel by ${stepKey} of run #${number}`;
  return onlyPage(repair(what, () => cancelSoon(ctx, run._id)));
}

/** A backlog is normal; only one that is the same a minute later has stopped. */
export async function continuation(
  { scheduler }: MutationCtx,
  { _id: runId, backlog }: Run,
): Promise<Page> {
  const [next] = backlog;
  if (next === undefined) return onlyPage(null);
  const what = `${next.do} ${next.key} and ${backlog.length - 1} more`;
  const act = async () => {
    const resume = internal.executor.timers.resume;
    await scheduler.runAfter(0, resume, { runId });
  };
  return onlyPage({ what, first: 0, act });
}

/** A portion that was not taken over. */
export async function seedPortion(ctx: MutationCtx, run: Run): Promise<Page> {
  const seed = isPreparing(run) ? await findSeed(ctx, run._id) : null;
  if (seed === null || !isOld(seed.portionAt)) return onlyPage(null);
  const { portion } = seed;
  const what = `preparing portion ${portion}`;
  const act = () => prepareSoon(ctx, run._id, portion);
  return onlyPage({ what, first: 1, act });
}

/** An event that a step got and that its run's turn did not take, and a look back that did not go on. */
export async function deliveries(
  ctx: MutationCtx,
  { _id: runId }: Run,
  { portion, after }: Look,
): Promise<Page> {
  const waits = await ctx.db
    .query("openWaits")
    .withIndex("by_runId_and_stepKey", (q) =>
      q.eq("runId", runId).gt("stepKey", after),
    )
    .take(PAGE);
  return await pageOf(waits, portion, {
    keyOf: ({ stepKey }) => stepKey,
    repairOf: ({ _id, stepKey, matchedAt, lookBack }) => {
      const at = matchedAt ?? lookBack?.at;
      if (at === undefined || !isOld(at)) return null;
      return lookBack === undefined
        ? repair(`the event of ${stepKey}`, () =>
            deliverSoon(ctx, runId, stepKey),
          )
        : repair(`the look back of ${stepKey}`, () =>
            lookFurtherSoon(ctx, _id, lookBack.from),
          );
    },
  });
}

/** Steps that wait: for a run inside, or for a time. */
export async function waitingSteps(
  ctx: MutationCtx,
  run: Run,
  { portion, after }: Look,
): Promise<Page> {
  const waiting = { kind: "waiting", after, limit: PAGE } as const;
  return await pageOf(await stepsAfter(ctx, run._id, waiting), portion, {
    keyOf: ({ key }) => key,
    repairOf: async (step) =>
      (await childOf(ctx, step, portion)) ?? sleepTime(ctx, run, step),
  });
}

/** A run that did not start for its step, one that is gone, or one whose end its parent did not take. */
async function childOf(
  ctx: MutationCtx,
  { runId, key: stepKey, attempt, state, createdAt, childRun }: WholeStep,
  portion: Look["portion"],
): Promise<Repair | null> {
  if (state.kind !== "waiting" || state.for !== "run") return null;
  const where = `of ${stepKey}, attempt ${attempt}`;
  const asked = { runId, stepKey, attempt };
  if (childRun?.attempt !== attempt)
    return isOld(createdAt)
      ? repair(`the run ${where}`, () => startSoon(ctx, asked))
      : null;
  const child = await ctx.db.get("workflowRuns", childRun.runId);
  if (child === null)
    return repair(`the missing run ${where}`, () => missSoon(ctx, asked));
  portion.take(child);
  return isRunEnded(child.state) && isOld(child.endedAt ?? 0)
    ? repair(`the end of the run ${where}`, () => tellParent(ctx, child))
    : null;
}

function repair(what: string, act: () => Promise<void>): Repair {
  return { what, first: 1, act };
}
