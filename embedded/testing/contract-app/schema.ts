import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  notes: defineTable({
    text: v.string(),
    author: v.optional(v.string()),
    stars: v.optional(v.number()),
  })
    .index("by_author", ["author"])
    .index("by_stars", ["stars"]),
  totals: defineTable({ name: v.string(), value: v.number() }),
});
