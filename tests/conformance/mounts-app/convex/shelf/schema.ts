import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  books: defineTable({ title: v.string(), pages: v.number() }).index(
    "by_title",
    ["title"],
  ),
  ticks: defineTable({ owner: v.string() }),
});
