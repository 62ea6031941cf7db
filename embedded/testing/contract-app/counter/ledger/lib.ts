import {
  type DataModelFromSchemaDefinition,
  type MutationBuilder,
  mutationGeneric,
} from "convex/server";
import { v } from "convex/values";
import type schema from "./schema";

const mutation: MutationBuilder<
  DataModelFromSchemaDefinition<typeof schema>,
  "public"
> = mutationGeneric;

export const write = mutation({
  args: { entry: v.string() },
  handler: async (ctx, { entry }) => {
    await ctx.db.insert("entries", { entry });
    const rows = await ctx.db.query("entries").collect();
    return rows.map((row) => row.entry);
  },
});
