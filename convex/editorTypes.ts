/**
 * What the editor knows of an organization. Runs do not write it: while somebody has a workflow open, `refresh` asks for
 * a look at what its runs gave, at most every few seconds.
 */
import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import {
  type ActionCtx,
  internalAction,
  internalMutation,
  internalQuery,
  mutation,
  query,
} from "./functions";
import { requireWorkflow, visible } from "./model/access";
import { typesFor } from "./model/editorTypes";
import { storeObservation } from "./model/observations";
import { lookAtEvents, lookAtWorkflows } from "./model/observedOrganization";
import { RunLook } from "./model/observedRuns";
import { parsePayload } from "./model/payloads";
import { hasCapacity } from "./model/rateLimits";
import { partOf, SeenValues } from "./model/seenValues";
import {
  vObservation,
  vObservedSubject,
  vUnreadValue,
} from "./validators/observations";

/** Text for beside `LOCKSTEP_TYPES`; null without access. */
export const get = query({
  args: { workflowId: v.id("workflows") },
  returns: v.union(v.string(), v.null()),
  handler: async (ctx, { workflowId }) => {
    const workflow = await ctx.db.get("workflows", workflowId);
    const found = await visible(ctx, workflow);
    return found === null ? null : await typesFor(ctx, found.row);
  },
});

/** Whoever may read the code may ask; too many ask in vain. */
export const refresh = mutation({
  args: { workflowId: v.id("workflows") },
  returns: v.null(),
  handler: async (ctx, { workflowId }) => {
    const { workflow } = await requireWorkflow(ctx, workflowId, "view");
    const { organizationId } = workflow;
    if (await hasCapacity(ctx, "lookAtRuns", workflowId))
      await ctx.scheduler.runAfter(0, internal.editorTypes.lookAtRuns, {
        organizationId,
        workflowId,
      });
    if (await hasCapacity(ctx, "lookAtAll", organizationId))
      await ctx.scheduler.runAfter(0, internal.editorTypes.lookAtAll, {
        organizationId,
      });
    return null;
  },
});

/** An action, because only actions read files. */
export const lookAtRuns = internalAction({
  args: {
    organizationId: v.id("organizations"),
    workflowId: v.id("workflows"),
  },
  returns: v.null(),
  handler: async (ctx, { organizationId, workflowId }): Promise<null> => {
    const look = await ctx.runQuery(internal.editorTypes.runs, { workflowId });
    const values = new SeenValues();
    // What the query below wrote.
    const entries = JSON.parse(look.seen) as ReturnType<SeenValues["entries"]>;
    for (const [path, entry] of entries) values.addSeen(path, entry);
    for (const { path, run, part, storageId } of look.unread) {
      const text = await (await ctx.storage.get(storageId))?.text();
      const value = text && partOf(parsePayload(text), part);
      if (value !== undefined) values.add(path, run, value);
    }
    const seen = JSON.stringify(values.seen());
    await ctx.runMutation(internal.editorTypes.store, {
      organizationId,
      subject: "steps",
      found: [{ name: workflowId, seen }],
    });
    return null;
  },
});

export const lookAtAll = internalAction({
  args: { organizationId: v.id("organizations") },
  returns: v.null(),
  handler: async (ctx, { organizationId }): Promise<null> => {
    await lookAtPages(ctx, organizationId, "workflow");
    await lookAtPages(ctx, organizationId, "event");
    return null;
  },
});

async function lookAtPages(
  ctx: ActionCtx,
  organizationId: Id<"organizations">,
  subject: "workflow" | "event",
): Promise<void> {
  let after: string | null = null;
  do {
    const page: {
      found: { name: string; seen: string }[];
      after: string | null;
    } = await ctx.runQuery(internal.editorTypes.page, {
      organizationId,
      subject,
      after,
    });
    await ctx.runMutation(internal.editorTypes.store, {
      organizationId,
      subject,
      found: page.found,
    });
    after = page.after;
  } while (after !== null);
}

export const runs = internalQuery({
  args: { workflowId: v.id("workflows") },
  returns: v.object({ seen: v.string(), unread: v.array(vUnreadValue) }),
  handler: async (ctx, { workflowId }) => {
    const look = new RunLook(ctx);
    const workflow = await ctx.db.get("workflows", workflowId);
    if (workflow !== null) await look.workflow(workflow);
    return { seen: JSON.stringify(look.seen.entries()), unread: look.unread };
  },
});

export const page = internalQuery({
  args: {
    organizationId: v.id("organizations"),
    subject: v.union(v.literal("workflow"), v.literal("event")),
    after: v.union(v.string(), v.null()),
  },
  returns: v.object({
    found: v.array(vObservation),
    after: v.union(v.string(), v.null()),
  }),
  handler: async (ctx, { organizationId, subject, after }) =>
    subject === "workflow"
      ? await lookAtWorkflows(ctx, organizationId, after)
      : await lookAtEvents(ctx, organizationId, after),
});

export const store = internalMutation({
  args: {
    organizationId: v.id("organizations"),
    subject: vObservedSubject,
    found: v.array(vObservation),
  },
  returns: v.null(),
  handler: async (ctx, { organizationId, subject, found }) => {
    for (const observation of found)
      await storeObservation(ctx, organizationId, subject, observation);
    return null;
  },
});
