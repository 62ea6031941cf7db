import {
  componentsGeneric,
  type DataModelFromSchemaDefinition,
  type FunctionHandle,
  type FunctionReference,
  type GenericQueryCtx,
  makeFunctionReference,
  type MutationBuilder,
  mutationGeneric,
  type QueryBuilder,
  queryGeneric,
} from "convex/server";
import { v } from "convex/values";
import type schema from "./schema";

const { ledger } = componentsGeneric() as unknown as {
  ledger: {
    lib: {
      write: FunctionReference<
        "mutation",
        "internal",
        { entry: string },
        string[]
      >;
    };
  };
};

type DataModel = DataModelFromSchemaDefinition<typeof schema>;
const query: QueryBuilder<DataModel, "public"> = queryGeneric;
const mutation: MutationBuilder<DataModel, "public"> = mutationGeneric;

export const add = mutation({
  args: { name: v.string(), fail: v.optional(v.boolean()) },
  handler: async (ctx, { name, fail }) => {
    const row = await rowOf(ctx, name);
    const sum = (row?.sum ?? 0) + 1;
    if (row === null) await ctx.db.insert("totals", { label: name, sum });
    else await ctx.db.patch("totals", row._id, { sum });
    if (fail === true) throw new Error("asked to");
    return sum;
  },
});

export const read = query({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    return (await rowOf(ctx, name))?.sum ?? 0;
  },
});

export const whoami = query({
  args: {},
  handler: async (ctx) => (await ctx.auth.getUserIdentity())?.name ?? null,
});

export const callBack = mutation({
  args: { handle: v.string(), text: v.string() },
  handler: async (ctx, { handle, text }) =>
    await ctx.runMutation(
      handle as FunctionHandle<"mutation", { text: string }, string>,
      { text },
    ),
});

export const record = mutation({
  args: { entry: v.string() },
  handler: async (ctx, { entry }): Promise<string[]> =>
    await ctx.runMutation(ledger.lib.write, { entry }),
});

export const addLater = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    const self = makeFunctionReference<"mutation", { name: string }>("lib:add");
    await ctx.scheduler.runAfter(1_000, self, { name });
  },
});

function rowOf({ db }: GenericQueryCtx<DataModel>, label: string) {
  const rows = db.query("totals");
  return rows.withIndex("by_label", (q) => q.eq("label", label)).first();
}
