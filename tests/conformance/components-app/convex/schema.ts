import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  /** What the functions under test did, in the order they did it, by the test that asked. */
  events: defineTable({
    run: v.string(),
    kind: v.string(),
    detail: v.optional(v.any()),
    at: v.number(),
  }).index("by_run", ["run"]),
  scores: defineTable({
    game: v.string(),
    player: v.string(),
    points: v.number(),
  }).index("by_game", ["game"]),
  people: defineTable({
    run: v.string(),
    name: v.string(),
    upper: v.optional(v.string()),
    greeting: v.optional(v.string()),
  }).index("by_run", ["run"]),
});
