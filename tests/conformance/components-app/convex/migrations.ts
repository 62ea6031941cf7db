import { Migrations, type MigrationStatus } from "@convex-dev/migrations";
import { v } from "convex/values";
import { components, internal } from "./_generated/api";
import type { DataModel } from "./_generated/dataModel";
import { internalMutation, mutation, query } from "./_generated/server";
import schema from "./schema";

const migrations = new Migrations<DataModel, typeof schema>(
  components.migrations,
  { migrationsLocationPrefix: "migrations:", schema },
);

export const upper = migrations.define({
  table: "people",
  batchSize: 3,
  migrateOne: (_ctx, person) => ({ upper: person.name.toUpperCase() }),
});
export const greet = migrations.define({
  table: "people",
  migrateOne: async (ctx, person) => {
    await ctx.db.patch(person._id, { greeting: `Hello ${person.upper}` });
  },
});
export const fails = migrations.define({
  table: "people",
  batchSize: 2,
  migrateOne: (_ctx, person) => {
    if (person.name === "mallory") throw new Error("not mallory");
    return { greeting: "Hi" };
  },
});
/** One person at a time, so that a test can stop it in the middle. */
export const crawl = migrations.define({
  table: "people",
  batchSize: 1,
  migrateOne: () => ({ greeting: "slow" }),
});
export const run = migrations.runner();
export const runBoth = migrations.runner([
  internal.migrations.upper,
  internal.migrations.greet,
]);

export const start = mutation({
  args: {
    name: v.union(v.literal("fails"), v.literal("crawl")),
    reset: v.optional(v.boolean()),
  },
  handler: (ctx, { name, reset }): Promise<MigrationStatus> =>
    migrations.runOne(ctx, internal.migrations[name], { reset }),
});
export const serially = mutation({
  args: {},
  handler: (ctx): Promise<MigrationStatus | undefined> =>
    migrations.runSerially(ctx, [
      internal.migrations.upper,
      internal.migrations.greet,
    ]),
});
export const cancel = mutation({
  args: { name: v.string() },
  handler: (ctx, { name }) => migrations.cancel(ctx, name),
});
export const status = query({
  args: { name: v.string() },
  handler: async (ctx, { name }) =>
    (await migrations.getStatus(ctx, { migrations: [name] }))[0],
});

export const addPeople = mutation({
  args: { run: v.string(), names: v.array(v.string()) },
  handler: async (ctx, { run, names }) => {
    for (const name of names) await ctx.db.insert("people", { run, name });
  },
});
export const people = query({
  args: { run: v.string() },
  handler: (ctx, { run }) =>
    ctx.db
      .query("people")
      .withIndex("by_run", (q) => q.eq("run", run))
      .collect(),
});
export const rename = internalMutation({
  args: { run: v.string(), from: v.string(), to: v.string() },
  handler: async (ctx, { run, from, to }) => {
    const all = ctx.db
      .query("people")
      .withIndex("by_run", (q) => q.eq("run", run));
    for await (const person of all)
      if (person.name === from) await ctx.db.patch(person._id, { name: to });
  },
});
/** Migrations go over the whole table: each test begins with its own people only. */
export const removeEverybody = mutation({
  args: {},
  handler: async (ctx) => {
    for await (const { _id } of ctx.db.query("people"))
      await ctx.db.delete(_id);
  },
});
