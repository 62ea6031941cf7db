import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export const vOutput = v.object({ status: v.number(), body: v.string() });

export const vRun = v.object({
  state: v.object({
    kind: v.union(v.literal("running"), v.literal("completed")),
  }),
  /** Of each call, in order. */
  outputs: v.array(vOutput),
});

export default defineSchema({ runs: defineTable(vRun) });
