import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  /** Two halves of one mutation: both or none. */
  lefts: defineTable({
    lane: v.string(),
    n: v.number(),
    order: v.number(),
    committedAt: v.commitTs(),
  })
    .index("by_lane", ["lane", "n"])
    .index("by_order", ["order"]),
  rights: defineTable({ lane: v.string(), n: v.number() }).index("by_lane", [
    "lane",
    "n",
  ]),
  /** Written by scheduled mutations, each of which schedules the one of the next smaller depth. */
  follows: defineTable({
    lane: v.string(),
    n: v.number(),
    depth: v.number(),
  }).index("by_lane", ["lane", "n", "depth"]),
  /** Written through scheduled actions. */
  deeds: defineTable({ lane: v.string(), n: v.number() }).index("by_lane", [
    "lane",
    "n",
  ]),
  counters: defineTable({ value: v.number() }),
  ticks: defineTable({ version: v.string() }),
  /** Its index differs from push to push; `__VERSION__` is filled in before the push. */
  releases: defineTable({ version: v.string() }).index("by___VERSION__", [
    "version",
  ]),
});
