import { v } from "convex/values";
import { must } from "./errors";
import { query } from "./functions";
import { visible } from "./model/access";

/** Text, or where to download it when it is large; null without access to its run. */
export const get = query({
  args: { payloadId: v.id("payloads") },
  returns: v.union(
    v.object({ kind: v.literal("inline"), json: v.string() }),
    v.object({ kind: v.literal("file"), url: v.string(), bytes: v.number() }),
    v.null(),
  ),
  handler: async (ctx, { payloadId }) => {
    const payload = await ctx.db.get("payloads", payloadId);
    if (payload === null) return null;
    const run = await visible(
      ctx,
      await ctx.db.get("workflowRuns", payload.runId),
    );
    if (run === null) return null;
    if (payload.body.kind === "inline") return payload.body;
    const { storageId, bytes } = payload.body;
    const url = must(await ctx.storage.getUrl(storageId), `file ${storageId}`);
    return { kind: "file" as const, url, bytes };
  },
});
