/** For tests: an app of few functions whose every state can be told from what was written. */
import type { SchemaJson } from "../../database/types";
import { startSyncBackend, type SyncBackend } from "./sync-backend";

const SOURCE = `
import { queryGeneric as query, mutationGeneric as mutation } from "convex/server";
import { v, ConvexError } from "convex/values";
const find = (ctx, key) => ctx.db.query("kv").withIndex("by_key", (q) => q.eq("key", key)).unique();
export const get = query({ args: { key: v.string() }, handler: async (ctx, { key }) => (await find(ctx, key))?.value ?? 0 });
export const bump = mutation({ args: { keys: v.array(v.string()), label: v.string(), isFlaky: v.optional(v.boolean()) }, handler: async (ctx, { keys, label, isFlaky }) => {
  if (isFlaky && Math.random() < 0.5) Convex.syscall("throwOcc", "{}");
  const version = ((await find(ctx, "version"))?.value ?? 0) + 1;
  for (const key of new Set(["version", ...keys])) {
    const row = await find(ctx, key);
    if (row) await ctx.db.patch(row._id, { value: version });
    else await ctx.db.insert("kv", { key, value: version });
  }
  await ctx.db.insert("log", { label, version, who: (await ctx.auth.getUserIdentity())?.subject ?? null });
  return version;
} });
export const refuse = mutation(async (ctx) => { await ctx.db.insert("kv", { key: "lost", value: 1 }); throw new ConvexError("no"); });
export const occ = mutation(async () => { Convex.syscall("throwOcc", "{}"); });
export const who = query(async (ctx) => (await ctx.auth.getUserIdentity())?.subject ?? null);
export const whoElse = query({ args: {}, handler: async (ctx) => (await ctx.auth.getUserIdentity())?.subject ?? null });
export const log = query(async (ctx) => await ctx.db.query("log").collect());
export const add = mutation({ args: { n: v.number() }, handler: async (ctx, { n }) => { await ctx.db.insert("items", { n }); } });
export const page = query({ args: { paginationOpts: v.any() }, handler: async (ctx, { paginationOpts }) =>
  await ctx.db.query("items").withIndex("by_n").paginate(paginationOpts) });
`;

/** Versions count the writes; each key holds the version that wrote it last. */
export async function startKeyValueBackend(): Promise<SyncBackend> {
  const limits = { userTimeMs: 60_000 };
  const backend = await startSyncBackend({ "kv.ts": SOURCE }, { limits });
  const tables = [
    table("kv", "by_key", "key"),
    table("items", "by_n", "n"),
    table("log", "by_label", "label"),
  ];
  const schema: SchemaJson = { schemaValidation: false, tables };
  backend.database.applySchemas(new Map([["", schema]]));
  return backend;
}

function table(tableName: string, indexDescriptor: string, field: string) {
  return {
    tableName,
    indexes: [{ indexDescriptor, fields: [field] }],
    documentType: { type: "any" },
  };
}
