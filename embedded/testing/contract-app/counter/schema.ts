import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

/** A component whose table has the name of one of the app's, and other fields. */
export default defineSchema({
  totals: defineTable({ label: v.string(), sum: v.number() }).index(
    "by_label",
    ["label"],
  ),
});
