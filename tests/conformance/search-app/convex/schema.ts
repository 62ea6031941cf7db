import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  notes: defineTable({
    topic: v.string(),
    text: v.string(),
    owner: v.optional(v.string()),
    info: v.optional(v.object({ title: v.string() })),
    likes: v.number(),
  })
    .index("by_topic", ["topic"])
    .searchIndex("find", {
      searchField: "text",
      filterFields: ["topic", "owner"],
    }),
  others: defineTable({ text: v.string() }),
});
