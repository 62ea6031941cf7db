import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

const note = () =>
  defineTable({ room: v.number(), author: v.string(), body: v.string() })
    .index("by_room", ["room"])
    .index("by_author", ["author"]);

/** The same table in three sizes: what the small and the large one cost is compared. */
export default defineSchema({ notes: note(), small: note(), large: note() });
