import {
  defineEvent,
  vWorkflowId,
  WorkflowManager,
} from "@convex-dev/workflow";
import { vResultValidator } from "@convex-dev/workpool";
import { v } from "convex/values";
import { components, internal } from "./_generated/api";
import {
  internalMutation,
  internalQuery,
  mutation,
  query,
} from "./_generated/server";

const manager = new WorkflowManager(components.workflow, {
  workpoolOptions: {
    maxParallelism: 10,
    retryActionsByDefault: true,
    defaultRetryBehavior: { maxAttempts: 3, initialBackoffMs: 50, base: 2 },
  },
});

const approval = defineEvent({
  name: "approval",
  validator: v.object({ by: v.string() }),
});

export const double = internalQuery({
  args: { n: v.number() },
  handler: (_ctx, { n }) => n * 2,
});

/** A query, a mutation and an action, each given what the one before made. */
export const chain = manager.define({
  args: { run: v.string(), n: v.number() },
  returns: v.string(),
  handler: async (step, { run, n }): Promise<string> => {
    const doubled = await step.runQuery(internal.flows.double, { n });
    const sum = await step.runMutation(internal.pool.addInMutation, {
      run,
      a: doubled,
      b: 1,
    });
    const text = await step.runAction(internal.cache.shout, {
      run,
      text: `sum ${sum}`,
    });
    return text;
  },
});
export const retried = manager.define({
  args: { run: v.string(), failures: v.number() },
  handler: async (step, { run, failures }): Promise<string> =>
    step.runAction(internal.pool.flaky, { run, failures, final: false }),
});
export const caught = manager.define({
  args: { run: v.string() },
  handler: async (step, { run }): Promise<string> => {
    try {
      await step.runMutation(internal.pool.failing, { run });
      return "not reached";
    } catch (error) {
      return `caught ${error instanceof Error ? error.message : ""}`;
    }
  },
});
export const parallel = manager.define({
  args: { run: v.string() },
  handler: async (step, { run }): Promise<string[]> =>
    Promise.all(
      [1, 2, 3].map(() =>
        step.runAction(internal.pool.slowly, { run, ms: 300 }),
      ),
    ),
});
export const approved = manager.define({
  args: {},
  handler: async (step): Promise<string> => {
    const { by } = await step.awaitEvent(approval);
    return `approved by ${by}`;
  },
});
export const sleepy = manager.define({
  args: { run: v.string(), ms: v.number() },
  handler: async (step, { run, ms }): Promise<number> => {
    const before = await step.runMutation(internal.flows.now, {});
    await step.sleep(ms);
    const after = await step.runMutation(
      internal.flows.now,
      {},
      { runAfter: 100 },
    );
    await step.runMutation(internal.events.record, { run, kind: "awake" });
    return after - before;
  },
});
export const now = internalMutation({
  args: {},
  handler: () => Date.now(),
});
export const nested = manager.define({
  args: { run: v.string() },
  handler: async (step, { run }): Promise<string> => {
    const inner: string = await step.runWorkflow(internal.flows.chain, {
      run,
      n: 5,
    });
    return `inner said ${inner}`;
  },
});
export const fails = manager.define({
  args: {},
  handler: async (): Promise<void> => {
    throw new Error("the workflow failed");
  },
});
/** What it may not read from the world is steady over replays: its own clock, dice and environment. */
export const deterministic = manager.define({
  args: { run: v.string() },
  handler: async (step, { run }): Promise<boolean> => {
    const first = [Math.random(), Date.now()];
    await step.runMutation(internal.events.record, { run, kind: "one" });
    const again = [Math.random(), Date.now()];
    await step.runMutation(internal.events.record, {
      run,
      kind: "dice",
      detail: first,
    });
    return first[0] !== again[0];
  },
});
export const inline = manager.define({
  args: { run: v.string() },
  handler: async (step, { run }): Promise<number> => {
    const doubled = await step.runQuery(
      internal.flows.double,
      { n: 4 },
      { inline: true },
    );
    return step.runMutation(
      internal.pool.addInMutation,
      { run, a: doubled, b: 1 },
      { inline: true },
    );
  },
});

export const finished = internalMutation({
  args: {
    workflowId: vWorkflowId,
    result: vResultValidator,
    context: v.any(),
  },
  handler: async (ctx, { result, context }) => {
    const { run } = context as { run: string };
    await ctx.db.insert("events", {
      run,
      kind: "finished",
      detail: result,
      at: Date.now(),
    });
  },
});

const flow = v.union(
  v.literal("chain"),
  v.literal("retried"),
  v.literal("caught"),
  v.literal("parallel"),
  v.literal("approved"),
  v.literal("sleepy"),
  v.literal("nested"),
  v.literal("fails"),
  v.literal("deterministic"),
  v.literal("inline"),
);
export const start = mutation({
  args: { flow, run: v.string(), args: v.any() },
  handler: async (ctx, { flow, run, args }): Promise<string> =>
    manager.start(ctx, internal.flows[flow], args, {
      onComplete: internal.flows.finished,
      context: { run },
    }),
});
export const status = query({
  args: { id: vWorkflowId },
  handler: (ctx, { id }) => manager.status(ctx, id),
});
export const approve = mutation({
  args: { id: vWorkflowId, by: v.string() },
  handler: async (ctx, { id, by }) => {
    await manager.sendEvent(ctx, {
      ...approval,
      workflowId: id,
      value: { by },
    });
  },
});
export const refuse = mutation({
  args: { id: vWorkflowId, reason: v.string() },
  handler: async (ctx, { id, reason }) => {
    await manager.sendEvent(ctx, {
      name: "approval",
      workflowId: id,
      error: reason,
    });
  },
});
export const cancel = mutation({
  args: { id: vWorkflowId },
  handler: (ctx, { id }) => manager.cancel(ctx, id),
});
export const restart = mutation({
  args: { id: vWorkflowId },
  handler: (ctx, { id }) => manager.restart(ctx, id, { from: 0 }),
});
export const cleanup = mutation({
  args: { id: vWorkflowId },
  handler: (ctx, { id }) => manager.cleanup(ctx, id),
});
export const steps = query({
  args: { id: vWorkflowId },
  handler: async (ctx, { id }) =>
    (await manager.listSteps(ctx, id)).page.map(({ name }) => name),
});
export const named = query({
  args: { name: v.string() },
  handler: async (ctx, { name }) =>
    (await manager.listByName(ctx, name, { order: "desc" })).page.map(
      ({ workflowId }) => workflowId,
    ),
});
