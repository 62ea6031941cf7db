import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import type { Doc } from "./_generated/dataModel";
import { action, mutation, query, type QueryCtx } from "./_generated/server";

const note = {
  topic: v.string(),
  text: v.string(),
  owner: v.optional(v.string()),
};

function found(ctx: QueryCtx, topic: string, words: string) {
  return ctx.db
    .query("notes")
    .withSearchIndex("find", (q) => q.search("text", words).eq("topic", topic));
}
const texts = (notes: Doc<"notes">[]) => notes.map(({ text }) => text);

export const add = mutation({
  args: note,
  handler: (ctx, note) => ctx.db.insert("notes", { ...note, likes: 0 }),
});
export const addMany = mutation({
  args: { topic: v.string(), texts: v.array(v.string()) },
  handler: async (ctx, { topic, texts }) => {
    for (const text of texts)
      await ctx.db.insert("notes", { topic, text, likes: 0 });
  },
});
export const like = mutation({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => {
    const { likes } = (await ctx.db.get(id))!;
    await ctx.db.patch(id, { likes: likes + 1 });
  },
});
export const rewrite = mutation({
  args: { id: v.id("notes"), text: v.string() },
  handler: (ctx, { id, text }) => ctx.db.patch(id, { text }),
});
export const remove = mutation({
  args: { id: v.id("notes") },
  handler: (ctx, { id }) => ctx.db.delete(id),
});
export const addElsewhere = mutation({
  args: { text: v.string() },
  handler: (ctx, { text }) => ctx.db.insert("others", { text }),
});

export const search = query({
  args: { topic: v.string(), words: v.string() },
  handler: async (ctx, { topic, words }) =>
    texts(await found(ctx, topic, words).collect()),
});
export const searchWhole = query({
  args: { topic: v.string(), words: v.string() },
  handler: (ctx, { topic, words }) => found(ctx, topic, words).collect(),
});
export const first = query({
  args: { topic: v.string(), words: v.string() },
  handler: async (ctx, { topic, words }) =>
    (await found(ctx, topic, words).first())?.text ?? null,
});
export const take = query({
  args: { topic: v.string(), words: v.string(), count: v.number() },
  handler: async (ctx, { topic, words, count }) =>
    texts(await found(ctx, topic, words).take(count)),
});
export const ownedBy = query({
  args: { topic: v.string(), words: v.string(), owner: v.optional(v.string()) },
  handler: async (ctx, { topic, words, owner }) =>
    texts(
      await ctx.db
        .query("notes")
        .withSearchIndex("find", (q) =>
          q.search("text", words).eq("topic", topic).eq("owner", owner),
        )
        .collect(),
    ),
});
export const liked = query({
  args: { topic: v.string(), words: v.string() },
  handler: async (ctx, { topic, words }) =>
    texts(
      await found(ctx, topic, words)
        .filter((q) => q.gt(q.field("likes"), 0))
        .collect(),
    ),
});
export const page = query({
  args: {
    topic: v.string(),
    words: v.string(),
    paginationOpts: paginationOptsValidator,
  },
  handler: (ctx, { topic, words, paginationOpts }) =>
    found(ctx, topic, words).paginate(paginationOpts),
});
/** What a mutation finds of what it has just written, replaced and removed. */
export const writeAndSearch = mutation({
  args: { topic: v.string() },
  handler: async (ctx, { topic }) => {
    const insert = (text: string) =>
      ctx.db.insert("notes", { topic, text, likes: 0 });
    const [kept, changed, gone] = [
      await insert("fresh kept"),
      await insert("fresh before"),
      await insert("fresh gone"),
    ];
    const before = texts(await found(ctx, topic, "fresh").collect());
    await ctx.db.patch(changed, { text: "fresh after" });
    await ctx.db.delete(gone);
    const after = texts(await found(ctx, topic, "fresh").collect());
    return { kept, before, after };
  },
});
export const wrong = query({
  args: { what: v.string() },
  handler: (ctx, { what }) => {
    const notes = ctx.db.query("notes") as any;
    if (what === "index")
      return notes
        .withSearchIndex("nothing", (q: any) => q.search("text", "x"))
        .collect();
    if (what === "field")
      return notes
        .withSearchIndex("find", (q: any) => q.search("topic", "x"))
        .collect();
    if (what === "staged")
      return notes
        .withSearchIndex("waiting", (q: any) => q.search("info.title", "x"))
        .collect();
    if (what === "filter")
      return notes
        .withSearchIndex("find", (q: any) =>
          q.search("text", "x").eq("likes", 1),
        )
        .collect();
    return notes.withSearchIndex("find", (q: any) => q).collect();
  },
});
export const near = action({
  args: {},
  handler: (ctx): Promise<unknown> =>
    (ctx as any).vectorSearch("notes", "near", { vector: [1, 2], limit: 1 }),
});
