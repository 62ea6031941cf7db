import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  books: defineTable({
    shelf: v.string(),
    info: v.object({ title: v.string() }),
  }).searchIndex("by_title", {
    searchField: "info.title",
    filterFields: ["shelf"],
  }),
});
