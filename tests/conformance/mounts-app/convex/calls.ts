import { createFunctionHandle, type FunctionHandle } from "convex/server";
import { v } from "convex/values";
import { components, internal } from "./_generated/api";
import { action, internalMutation, mutation, query } from "./_generated/server";

const mount = v.union(v.literal("shelf"), v.literal("second"));

export const add = mutation({
  args: { mount, title: v.string() },
  handler: (ctx, { mount, title }): Promise<string> =>
    ctx.runMutation(components[mount].books.add, { title }),
});
export const titles = query({
  args: { mount },
  handler: (ctx, { mount }): Promise<string[]> =>
    ctx.runQuery(components[mount].books.titles, {}),
});
export const owners = query({
  args: { mount },
  handler: (ctx, { mount }): Promise<string[]> =>
    ctx.runQuery(components[mount].books.owners, {}),
});
export const find = query({
  args: { mount, id: v.string() },
  handler: (ctx, { mount, id }): Promise<unknown> =>
    ctx.runQuery(components[mount].books.find, { id }),
});
export const environments = query({
  args: {},
  handler: async (ctx): Promise<Record<string, string>[]> => [
    await ctx.runQuery(components.shelf.books.environment, {}),
    await ctx.runQuery(components.second.books.environment, {}),
    await ctx.runQuery(components.cabinet.doors.environment, {}),
  ],
});
export const addInCabinet = mutation({
  args: { title: v.string() },
  handler: (ctx, { title }): Promise<string> =>
    ctx.runMutation(components.cabinet.doors.put, { title }),
});
export const titlesInCabinet = query({
  args: {},
  handler: (ctx): Promise<string[]> =>
    ctx.runQuery(components.cabinet.doors.titles, {}),
});
export const ownBooks = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("books").collect()).length,
});

/** The first call's effects stay, the second's are undone: a component's failure is caught like any other. */
export const addAndCatch = mutation({
  args: { kept: v.string(), undone: v.string() },
  handler: async (ctx, { kept, undone }): Promise<unknown> => {
    await ctx.runMutation(components.shelf.books.add, { title: kept });
    try {
      await ctx.runMutation(components.shelf.books.addAndFail, {
        title: undone,
      });
      return "not reached";
    } catch (error) {
      return (error as { data?: unknown }).data ?? null;
    }
  },
});
export const addEverywhereAndFail = mutation({
  args: { title: v.string() },
  handler: async (ctx, { title }) => {
    await ctx.db.insert("books", { title });
    await ctx.runMutation(components.shelf.books.add, { title });
    throw new Error("nothing of it stays");
  },
});
export const badArguments = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.runMutation(components.shelf.books.add, {
      title: 1,
    } as unknown as { title: string });
  },
});

export const addLater = mutation({
  args: { title: v.string(), delayMs: v.number() },
  handler: (ctx, args): Promise<string> =>
    ctx.runMutation(components.shelf.books.addLater, args),
});
export const cancelJob = mutation({
  args: { id: v.string() },
  handler: async (ctx, { id }): Promise<void> => {
    await ctx.runMutation(components.shelf.books.cancelJob, { id });
  },
});
export const jobs = query({
  args: {},
  handler: async (ctx): Promise<{ ofShelf: unknown[]; own: number }> => ({
    ofShelf: await ctx.runQuery(components.shelf.books.jobs, {}),
    own: (await ctx.db.system.query("_scheduled_functions").collect()).length,
  }),
});

export const store = action({
  args: { text: v.string() },
  handler: async (
    ctx,
    { text },
  ): Promise<{ url: string | null; elsewhere: string | null }> => {
    const id: string = await ctx.runAction(components.shelf.books.store, {
      text,
    });
    return {
      url: await ctx.runQuery(components.shelf.books.fileUrl, { id }),
      elsewhere: await ctx.runQuery(components.second.books.fileUrl, { id }),
    };
  },
});
export const files = query({
  args: {},
  handler: async (ctx): Promise<{ ofShelf: number[]; own: number }> => ({
    ofShelf: await ctx.runQuery(components.shelf.books.files, {}),
    own: (await ctx.db.system.query("_storage").collect()).length,
  }),
});

export const noted = internalMutation({
  args: { text: v.string() },
  returns: v.string(),
  handler: async (ctx, { text }) => {
    await ctx.db.insert("books", { title: text });
    return `noted ${text}`;
  },
});
export const throughHandle = mutation({
  args: { text: v.string(), later: v.boolean() },
  handler: async (ctx, { text, later }): Promise<string | null> => {
    const handle = await createFunctionHandle(internal.calls.noted);
    return later
      ? ctx.runMutation(components.shelf.books.callBackLater, { handle, text })
      : ctx.runMutation(components.shelf.books.callBack, { handle, text });
  },
});
export const throughTheirHandle = mutation({
  args: { title: v.string() },
  handler: async (ctx, { title }): Promise<string> => {
    const handle = (await ctx.runQuery(
      components.shelf.books.handleOfAdd,
      {},
    )) as FunctionHandle<"mutation", { title: string }, string>;
    return ctx.runMutation(handle, { title });
  },
});
export const hasTitle = query({
  args: { title: v.string() },
  handler: async (ctx, { title }) =>
    (await ctx.db.query("books").collect()).some(
      (book) => book.title === title,
    ),
});
export const paginatedInComponent = query({
  args: {},
  handler: (ctx): Promise<number> =>
    ctx.runQuery(components.shelf.books.paginated, {}),
});
