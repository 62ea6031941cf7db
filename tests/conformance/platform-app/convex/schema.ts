import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  /** Any value at all, by the test that wrote it. */
  things: defineTable({ run: v.string(), value: v.optional(v.any()) })
    .index("by_run", ["run"])
    .index("by_run_and_value", ["run", "value"]),
  strict: defineTable({
    name: v.string(),
    age: v.optional(v.number()),
    kind: v.union(v.literal("a"), v.literal("b")),
    tags: v.array(v.string()),
    nested: v.optional(v.object({ inner: v.int64() })),
    owner: v.optional(v.id("things")),
    extra: v.optional(v.record(v.string(), v.number())),
  }).index("by_kind_and_age", ["kind", "age"]),
  numbers: defineTable({ run: v.string(), n: v.number() }).index(
    "by_run_and_n",
    ["run", "n"],
  ),
  stamps: defineTable({
    run: v.string(),
    committed: v.commitTs(),
    n: v.number(),
  })
    .index("by_run", ["run"])
    .index("by_run_and_committed", ["run", "committed"]),
  remarks: defineTable({ run: v.string(), text: v.string() }).index("by_run", [
    "run",
  ]),
});
