import { v } from "convex/values";
import { userError } from "./errors";
import { matchOpenWaits } from "./executor/waits/eventSearches";
import { isRunEnded } from "./executor/flow/transitions";
import { mutation, type MutationCtx } from "./functions";
import { requireOrganization, requireRun } from "./model/access";
import { type NewEvent, storeEvent } from "./model/events";
import { fireEventTriggers } from "./model/triggers";
import { requireCapacity } from "./model/rateLimits";

const vEvent = {
  name: v.string(),
  /** JSON text; `{}` when left out. */
  data: v.optional(v.string()),
  /** The sender's own name for the event: sent again, it is the same event. */
  key: v.optional(v.string()),
};
const vSent = v.object({ eventId: v.id("events"), isNew: v.boolean() });

/** To every run of the organization that waits for it, or will before it ends. */
export const send = mutation({
  args: { organizationId: v.id("organizations"), ...vEvent },
  returns: vSent,
  handler: async (ctx, { organizationId, ...event }) => {
    const access = await requireOrganization(ctx, organizationId, "operate");
    const sentBy = access.name;
    const to = { organizationId, runId: null, sentBy };
    return await sendEvent(ctx, { ...to, ...given(event) });
  },
});

/** To one run only. */
export const sendToRun = mutation({
  args: { runId: v.id("workflowRuns"), ...vEvent },
  returns: vSent,
  handler: async (ctx, { runId, ...event }) => {
    const { run, access } = await requireRun(ctx, runId, "operate");
    if (isRunEnded(run.state))
      throw userError("already_ended", `Run #${run.number} has already ended.`);
    const { organizationId } = run;
    const to = { organizationId, runId, sentBy: access.name };
    return await sendEvent(ctx, { ...to, ...given(event) });
  },
});

function given(event: { name: string; data?: string; key?: string }) {
  const { name, data = "{}", key = null } = event;
  return { name, data, key };
}

async function sendEvent(ctx: MutationCtx, sent: NewEvent) {
  await requireCapacity(ctx, "event", sent.organizationId);
  const { event, isNew } = await storeEvent(ctx, sent);
  if (isNew) {
    await matchOpenWaits(ctx, event);
    if (event.runId === null) await fireEventTriggers(ctx, event);
  }
  return { eventId: event._id, isNew };
}
