/** What `convex-test` promises, held against the package itself and against this library: where both agree. */
import { convexTest as official } from "convex-test";
import { ConvexError } from "convex/values";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { api } from "./contract-app/_generated/api";
import { NotAllowed } from "./contract-app/notes";
import { type Library, startApp } from "./contract-app/start";
import { convexTest as embedded } from "./convex-test";

const LIBRARIES: [string, Library][] = [
  ["the embedded engine", embedded],
  ["the convex-test package", official],
];

describe.each(LIBRARIES)("convexTest on %s", (_name, library) => {
  const start = (options?: Parameters<typeof startApp>[1]) =>
    startApp(library, options);
  type App = ReturnType<typeof start>;
  const texts = async (t: Pick<App, "query">) =>
    (await t.query(api.notes.list, {})).map(({ text }) => text);

  describe("functions by reference", () => {
    it("write, and read what was written", async () => {
      const t = start();
      const id = await t.mutation(api.notes.add, { text: "a" });
      expect(await t.query(api.notes.list)).toEqual([
        { _id: id, _creationTime: expect.any(Number), text: "a" },
      ]);
      await t.mutation(api.notes.edit, { id, text: "b" });
      expect(await texts(t)).toEqual(["b"]);
      await t.mutation(api.notes.remove, { id });
      expect(await texts(t)).toEqual([]);
    });

    it("may be internal, or the default export", async () => {
      const t = start();
      expect(await t.query(api.notes.default)).toBe("the default export");
      const { internal } = { internal: api } as unknown as {
        internal: { notes: { count: typeof api.notes.list } };
      };
      expect(await t.query(internal.notes.count)).toBe(0);
    });

    it("have their arguments and results validated", async () => {
      const t = start();
      const text = 1 as unknown as string;
      await expect(t.mutation(api.notes.add, { text })).rejects.toThrow();
      await expect(t.query(api.notes.wrongResult)).rejects.toThrow();
      expect(await texts(t)).toEqual([]);
    });

    it("return null for nothing", async () => {
      expect(await start().query(api.notes.nothing)).toBeNull();
    });

    it("reject when they are of another type or do not exist", async () => {
      const t = start();
      const asQuery = api.notes.add as unknown as typeof api.notes.list;
      await expect(t.query(asQuery)).rejects.toThrow();
      const { missing, absent } = api as unknown as {
        missing: typeof api.notes;
        absent: typeof api.notes;
      };
      await expect(t.query(missing.list)).rejects.toThrow();
      await expect(t.query(absent.list)).rejects.toThrow();
    });

    it("reject with the very error that was thrown, and leave nothing behind", async () => {
      const t = start();
      const failing = t.mutation(api.notes.fail, { text: "x" });
      await expect(failing).rejects.toBeInstanceOf(NotAllowed);
      await expect(failing).rejects.toThrow(/^failed: x$/);
      expect(await texts(t)).toEqual([]);
    });

    it("keep the data of a ConvexError, up to the test and between functions", async () => {
      const t = start();
      const data = { code: "REFUSED", size: 1n };
      const refused = t.mutation(api.notes.refuse, { text: "x" });
      await expect(refused).rejects.toBeInstanceOf(ConvexError);
      await expect(refused).rejects.toMatchObject({ data });
      expect(await t.action(api.notes.catchRefusal)).toEqual(data);
    });
  });

  describe("functions given in the test", () => {
    it("read and write with the context of their type", async () => {
      const t = start();
      const id = await t.mutation(
        async ({ db }) => await db.insert("notes", { text: "inline" }),
      );
      const found = await t.query(async ({ db }) => await db.get("notes", id));
      expect(found?.text).toBe("inline");
      const count = await t.action(
        async (ctx) => (await ctx.runQuery(api.notes.list, {})).length,
      );
      expect(count).toBe(1);
    });

    it("may close over what the test has", async () => {
      const t = start();
      const seen: string[] = [];
      await t.mutation(async ({ db }) => {
        seen.push(await db.insert("notes", { text: "closure" }));
      });
      expect(seen).toHaveLength(1);
    });
  });

  describe("t.run", () => {
    it("is one transaction", async () => {
      const t = start();
      const failing = t.run(async ({ db }) => {
        await db.insert("notes", { text: "undone" });
        throw new NotAllowed("stop");
      });
      await expect(failing).rejects.toBeInstanceOf(NotAllowed);
      expect(await texts(t)).toEqual([]);
    });

    it("enforces the schema", async () => {
      const t = start();
      const wrong = t.run(({ db }) =>
        db.insert("notes", { text: 1 as unknown as string }),
      );
      await expect(wrong).rejects.toThrow();
    });

    it("calls functions as parts of itself", async () => {
      const t = start();
      const seen = await t.run(async ({ db }) => {
        await db.insert("notes", { text: "own" });
        await t.mutation(api.notes.add, { text: "called" });
        return await texts(t);
      });
      expect(seen).toEqual(["own", "called"]);
      expect(await texts(t)).toEqual(["own", "called"]);
    });

    it("may remove what only the system writes", async () => {
      const t = start();
      const id = await t.mutation(api.jobs.addLater, {
        text: "x",
        delayMs: 1e6,
      });
      await t.run(async ({ db }) => {
        const asUser = db as unknown as {
          delete(table: string, id: string): Promise<void>;
        };
        await asUser.delete("_scheduled_functions", id);
      });
      expect(await t.query(api.jobs.states)).toEqual([]);
    });
  });

  describe("transactions", () => {
    it("run one after another, also while they wait for something real", async () => {
      const t = start();
      const calls = Array.from({ length: 8 }, (_, index) =>
        t.mutation(api.totals.increment, { name: "n", waits: (index * 3) % 5 }),
      );
      expect((await Promise.all(calls)).sort()).toEqual([
        1, 2, 3, 4, 5, 6, 7, 8,
      ]);
    });

    it("run nested functions one after another within themselves", async () => {
      const t = start();
      const counts = await t.mutation(api.totals.incrementTwice, { name: "n" });
      expect(counts).toEqual([1, 2]);
    });

    it("undo a nested mutation that fails, and it alone", async () => {
      const t = start();
      const message = await t.mutation(api.notes.tryBoth);
      expect(message).toBe("failed: undone");
      expect(await texts(t)).toEqual(["kept"]);
    });

    it("read a stale snapshot when asked to", async () => {
      const t = start();
      await t.mutation(api.totals.increment, { name: "n" });
      expect(await t.mutation(api.totals.staleRead, { name: "n" })).toEqual({
        stale: 1,
        current: 2,
      });
    });

    it("are begun by actions for each call", async () => {
      const t = start();
      expect(await t.action(api.notes.addTwice, { text: "a" })).toBe(2);
      expect(await t.action(api.notes.outer)).toBe(4);
    });

    it("of two backends do not meet", async () => {
      const [one, two] = [start(), start()];
      await Promise.all([
        one.mutation(api.notes.add, { text: "one" }),
        two.mutation(api.notes.add, { text: "two" }),
      ]);
      expect(await texts(one)).toEqual(["one"]);
      expect(await texts(two)).toEqual(["two"]);
    });

    it("may be given less than a deployment allows", async () => {
      const t = start();
      await t.run(async ({ db }) => {
        for (const name of ["a", "b", "c"])
          await db.insert("totals", { name, value: 1 });
      });
      const read = (documentsRead: number) =>
        t.mutation(api.totals.readManyWithLimit, { documentsRead });
      expect(await read(3)).toBe(0);
      await expect(read(2)).rejects.toThrow(/limit: 2\)/);
      const strict = start({ transactionLimits: { documentsRead: 0 } });
      await strict.mutation(api.notes.add, { text: "a" });
      await expect(strict.query(api.notes.list)).rejects.toThrow(/limit: 0\)/);
    });

    it("tell what they have used", async () => {
      const metrics = await start().mutation(api.totals.metrics);
      expect(metrics.documentsWritten.used).toBe(1);
      expect(metrics.bytesWritten.used).toBeGreaterThan(0);
    });
  });

  describe("queries", () => {
    async function startWithNotes(): Promise<App> {
      const t = start();
      await t.run(async ({ db }) => {
        for (const [text, author, stars] of [
          ["a", "ann", 3],
          ["b", "bob", 1],
          ["c", "ann", 5],
          ["d", "nobody", 4],
        ] as const)
          await db.insert("notes", { text, author, stars });
      });
      return t;
    }

    it("follow an index in either direction", async () => {
      const t = await startWithNotes();
      const byAnn = await t.query(api.notes.byAuthor, { author: "ann" });
      expect(byAnn.map(({ text }) => text)).toEqual(["c", "a"]);
      const starred = await t.query(api.notes.starred, { atLeast: 3 });
      expect(starred.map(({ text }) => text)).toEqual(["a", "c"]);
    });

    it("come in pages", async () => {
      const t = await startWithNotes();
      const seen: string[][] = [];
      let cursor: string | null = null;
      for (let isDone = false; !isDone;) {
        const page: Awaited<ReturnType<typeof nextPage>> = await nextPage(
          t,
          cursor,
        );
        seen.push(page.page.map(({ text }) => text));
        cursor = page.continueCursor;
        isDone = page.isDone;
      }
      expect(seen.flat()).toEqual(["a", "b", "c", "d"]);
      expect(seen[0]).toEqual(["a", "b", "c"]);
    });

    const nextPage = (t: App, cursor: string | null) =>
      t.query(api.notes.page, { paginationOpts: { numItems: 3, cursor } });
  });

  describe("identity", () => {
    it("is nobody's unless given", async () => {
      expect(await start().query(api.users.whoami)).toBeNull();
    });

    it("is the caller's, also of what actions call", async () => {
      const t = start();
      const ann = t.withIdentity({ name: "Ann" });
      expect(await ann.query(api.users.whoami)).toBe("Ann");
      expect(await ann.action(api.users.whoamiNested)).toBe("Ann");
      const bob = ann.withIdentity({ name: "Bob" });
      expect(await bob.query(api.users.whoami)).toBe("Bob");
      expect(await ann.query(api.users.whoami)).toBe("Ann");
      expect(await t.query(api.users.whoami)).toBeNull();
      const inRun = await ann.run(
        async (ctx) => (await ctx.auth.getUserIdentity())?.name,
      );
      expect(inRun).toBe("Ann");
    });

    it("gets the attributes it needs", async () => {
      const t = start();
      const made = await t
        .withIdentity({ name: "Ann" })
        .query(api.users.identity);
      expect(made).toMatchObject({ issuer: "https://convex.test" });
      expect(made?.tokenIdentifier).toBe(`${made?.issuer}|${made?.subject}`);
      const again = await t
        .withIdentity({ name: "Ann" })
        .query(api.users.identity);
      expect(again).toEqual(made);
      const own = { subject: "s", issuer: "https://i", role: "admin" };
      expect(await t.withIdentity(own).query(api.users.identity)).toEqual({
        ...own,
        tokenIdentifier: "https://i|s",
      });
    });

    it("does not reach components", async () => {
      const ann = start().withIdentity({ name: "Ann" });
      expect(await ann.query(api.components.whoamiInside)).toBeNull();
    });
  });

  describe("metadata", () => {
    it("of a request is what the test says, for nested calls too", async () => {
      const t = start();
      expect(await t.mutation(api.users.request)).toMatchObject({
        ip: null,
        userAgent: null,
        scheduledFunctionId: null,
        authToken: null,
      });
      const from = t.withRequestMetadata({ ip: "1.2.3.4" });
      expect(await from.action(api.users.requestFromAction)).toEqual({
        own: "1.2.3.4",
        nested: "1.2.3.4",
      });
      const { authToken, ip } = await from
        .withIdentity({ subject: "ann" })
        .mutation(api.users.request);
      expect(ip).toBe("1.2.3.4");
      const claims = Buffer.from(authToken?.split(".")[1] ?? "", "base64url");
      expect(JSON.parse(claims.toString())).toEqual({
        sub: "ann",
        iss: "https://convex.test",
      });
    });

    it("of a function is its name", async () => {
      expect(await start().query(api.users.aboutMe)).toMatchObject({
        name: "users:aboutMe",
        componentPath: "",
        type: "query",
      });
    });
  });

  describe("globals", () => {
    it("refuse network and timers in queries and mutations", async () => {
      const t = start();
      await expect(t.mutation(api.notes.downloadInMutation)).rejects.toThrow(
        /fetch.* in .*queries or mutations|fetch\(\) in queries/,
      );
      await expect(t.query(api.notes.waitInQuery)).rejects.toThrow(
        /setTimeout/,
      );
      await expect(t.run(async () => await fetch("data:,"))).rejects.toThrow(
        /fetch/,
      );
      expect(await t.action(api.notes.download)).toBe("hello");
    });

    it("that a handler replaces are its own", async () => {
      const real = Math;
      const t = start();
      expect(await t.query(api.notes.ownMath)).toBe(4);
      expect(Math).toBe(real);
    });

    it("that a test stubs are seen in actions", async () => {
      vi.stubGlobal("fetch", async () => new Response("stubbed"));
      expect(await start().action(api.notes.download)).toBe("stubbed");
      vi.unstubAllGlobals();
      expect(await start().action(api.notes.download)).toBe("hello");
    });
  });

  describe("scheduled functions", () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    it("run when their time has come, not before", async () => {
      const t = start();
      await t.mutation(api.jobs.addLater, { text: "later", delayMs: 10_000 });
      vi.advanceTimersByTime(9_000);
      await t.finishInProgressScheduledFunctions();
      expect(await texts(t)).toEqual([]);
      expect(await t.query(api.jobs.states)).toEqual(["pending"]);
      vi.advanceTimersByTime(1_000);
      await t.finishInProgressScheduledFunctions();
      expect(await texts(t)).toEqual(["later"]);
      expect(await t.query(api.jobs.states)).toEqual(["success"]);
    });

    it("run with all that they schedule", async () => {
      const t = start();
      await t.mutation(api.jobs.countDown, { from: 3 });
      await t.finishAllScheduledFunctions(vi.runAllTimers);
      expect(await texts(t)).toEqual(["3", "2", "1", "0"]);
    });

    it("run when they were scheduled by an action, and may wait for timers", async () => {
      const t = start();
      await t.action(api.jobs.startSlowly, { text: "slow" });
      await t.finishAllScheduledFunctions(vi.runAllTimers);
      expect(await texts(t)).toEqual(["slow"]);
    });

    it("do not run when they are canceled, or their mutation failed", async () => {
      const t = start();
      const id = await t.mutation(api.jobs.addLater, {
        text: "never",
        delayMs: 1_000,
      });
      await t.mutation(api.jobs.cancel, { id });
      await t.finishAllScheduledFunctions(vi.runAllTimers);
      expect(await texts(t)).toEqual([]);
      expect(await t.query(api.jobs.states)).toEqual(["canceled"]);
    });

    it("that fail say so", async () => {
      const log = vi.spyOn(console, "error").mockImplementation(() => {});
      const t = start();
      await t.mutation(api.jobs.failLater);
      await t.finishAllScheduledFunctions(vi.runAllTimers);
      expect(await t.query(api.jobs.states)).toEqual(["failed"]);
      expect(log).toHaveBeenCalledOnce();
      log.mockRestore();
    });

    it("have no user", async () => {
      const t = start();
      await t.withIdentity({ name: "Ann" }).mutation(api.jobs.whoamiLater);
      await t.finishAllScheduledFunctions(vi.runAllTimers);
      expect(await texts(t)).toEqual(["nobody"]);
    });

    it("that never end are given up", async () => {
      const t = start();
      await t.mutation(api.jobs.forever);
      await expect(
        t.finishAllScheduledFunctions(vi.runAllTimers, 10),
      ).rejects.toThrow(/too many iterations/);
    });

    it("scheduled on real timers are finished too", async () => {
      vi.useRealTimers();
      const t = start();
      await t.mutation(api.jobs.addLater, { text: "real", delayMs: 0 });
      vi.useFakeTimers();
      await t.finishAllScheduledFunctions(vi.runAllTimers);
      expect(await texts(t)).toEqual(["real"]);
    });

    it("run in components", async () => {
      const t = start();
      await t.mutation(api.components.addLater, { name: "n" });
      await t.finishAllScheduledFunctions(vi.runAllTimers);
      expect(await t.query(api.components.read, { name: "n" })).toBe(1);
    });
  });

  describe("file storage", () => {
    it("keeps what actions store", async () => {
      const t = start();
      const id = await t.action(api.files.keep, { text: "content" });
      expect(await t.action(api.files.load, { id })).toBe("content");
      expect(await t.query(api.files.describe, { id })).toEqual({
        size: 7,
        hasUrl: true,
      });
      await t.mutation(api.files.remove, { id });
      expect(await t.action(api.files.load, { id })).toBeNull();
      expect(await t.query(api.files.describe, { id })).toEqual({
        size: null,
        hasUrl: false,
      });
    });

    it("is open to t.run", async () => {
      const t = start();
      const id = await t.run(({ storage }) =>
        storage.store(new Blob(["from run"])),
      );
      expect(await t.action(api.files.load, { id })).toBe("from run");
    });
  });

  describe("t.fetch", () => {
    it("calls the HTTP action of a route", async () => {
      const t = start();
      const response = await t.fetch("/notes", { method: "POST", body: "hi" });
      expect(response.status).toBe(201);
      expect(await response.json()).toEqual({ id: expect.any(String) });
      expect(await texts(t)).toEqual(["hi"]);
    });

    it("passes path, query and user", async () => {
      const ann = start().withIdentity({ name: "Ann" });
      const response = await ann.fetch("/echo/a/b?c=d");
      expect(await response.text()).toBe("/echo/a/b?c=d Ann");
    });

    it("answers 404 without a route, and refuses a path that is none", async () => {
      const t = start();
      expect((await t.fetch("/nowhere")).status).toBe(404);
      await expect(t.fetch("nowhere")).rejects.toThrow(
        /must start with a `\/`/,
      );
    });

    it("rejects with what the handler threw", async () => {
      await expect(start().fetch("/broken")).rejects.toThrow("broken");
    });
  });

  describe("components", () => {
    it("have tables of their own", async () => {
      const t = start();
      expect(await t.mutation(api.components.add, { name: "n" })).toBe(1);
      expect(await t.mutation(api.components.add, { name: "n" })).toBe(2);
      expect(await t.query(api.components.read, { name: "n" })).toBe(2);
      expect(await t.query(api.totals.read, { name: "n" })).toBe(0);
    });

    it("undo what failed in them, within the caller's transaction", async () => {
      const t = start();
      expect(await t.mutation(api.components.addAndCatch, { name: "n" })).toBe(
        1,
      );
    });

    it("contain components", async () => {
      const t = start();
      await t.mutation(api.components.record, { entry: "a" });
      expect(await t.mutation(api.components.record, { entry: "b" })).toEqual([
        "a",
        "b",
      ]);
    });

    it("call the app through function handles", async () => {
      const t = start();
      const id = await t.mutation(api.components.throughHandle, { text: "hi" });
      expect(await t.query(api.notes.list)).toMatchObject([
        { _id: id, text: "hi" },
      ]);
    });

    it("must have been registered", async () => {
      await expect(start().query(api.components.absent)).rejects.toThrow(
        'Component "absent" is not registered. Call "t.registerComponent".',
      );
    });
  });
});
