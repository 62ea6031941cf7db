import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it, vi } from "vitest";
import { compileModules } from "../modules/compiled-module";
import { bundleModules } from "../testing/bundle-modules";
import { serveTls } from "./fetch/testing/both-fetches";
import type { JobHandlers } from "./job-handlers";
import { WorkerPool } from "./worker-pool";
import type { LoadedModules } from "./worker-slot";

const pools: WorkerPool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

function poolOf(kind: "isolate" | "node", timeoutMs = 10_000): WorkerPool {
  const pool = new WorkerPool({
    kind,
    size: 1,
    timeoutMs,
    heapMegabytes: 256,
  });
  pools.push(pool);
  return pool;
}

async function modulesOf(source: string): Promise<LoadedModules> {
  const text = `${source}`.replace(
    "/*imports*/",
    `import { actionGeneric as action } from "convex/server";`,
  );
  const modules = await compileModules(await bundleModules({ "m.ts": text }));
  return { id: 1, components: [["", [...modules.values()]]] };
}

function run(
  pool: WorkerPool,
  modules: LoadedModules,
  name: string,
  handlers: Partial<JobHandlers> = {},
  { args = {}, signal }: { args?: object; signal?: AbortSignal } = {},
): Promise<unknown> {
  const job = {
    componentPath: "",
    module: "m.js",
    env: { NAME: "value" },
    requestId: "r",
    task: { kind: "action", name, args: JSON.stringify([args]) },
  } as const;
  const given = {
    syscall: async () => ({ value: "null" }),
    log: () => undefined,
    ...handlers,
  };
  return pool
    .run(modules, job, given, signal)
    .then((text) => JSON.parse(text) as unknown);
}

describe("the workers of isolate actions", () => {
  it("run many actions at once, each with its own log lines and syscalls", async () => {
    const modules = await modulesOf(`/*imports*/
      export const hello = action(async (ctx) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        console.log("in", process.env.NAME);
        return await ctx.auth.getUserIdentity(); });`);
    const pool = poolOf("isolate");
    const lines: string[][] = [];
    const results = await Promise.all(
      ["a", "b"].map((user) =>
        run(pool, modules, "hello", {
          syscall: async () => ({ value: JSON.stringify({ user }) }),
          log: (_level, messages) => lines.push([user, ...messages]),
        }),
      ),
    );
    expect(results).toEqual([{ user: "a" }, { user: "b" }]);
    expect(lines.sort()).toEqual([
      ["a", "'in'", "'value'"],
      ["b", "'in'", "'value'"],
    ]);
  });

  it("have real crypto, blobs and storage", async () => {
    const modules = await modulesOf(`/*imports*/
      export const store = action(async (ctx) => {
        const id = await ctx.storage.store(new Blob(["abc"], { type: "text/plain" }));
        const blob = await ctx.storage.get(id);
        const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
        return [id, await blob.text(), digest[0], digest instanceof Uint8Array]; });`);
    const bytes = new TextEncoder().encode("abc");
    const result = await run(poolOf("isolate"), modules, "store", {
      syscall: async (op) =>
        op === "storage/getBlob"
          ? { value: "null", bytes: { bytes, contentType: null } }
          : { value: '"file"' },
    });
    expect(result).toEqual(["file", "abc", 0xba, true]);
  });

  it("stop an action that takes too long, even in an endless loop", async () => {
    const modules = await modulesOf(`/*imports*/
      export const loop = action(async () => { for (;;); });
      export const fine = action(async () => 1);`);
    const pool = poolOf("isolate", 1000);
    await expect(run(pool, modules, "loop")).rejects.toThrow(
      "Function execution timed out (maximum duration: 1s)",
    );
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(await run(pool, modules, "fine")).toBe(1);
  });

  it("goes on with the others, in the same thread, when one of them never lets go", async () => {
    const modules = await modulesOf(`/*imports*/
      export const sync = action(async () => { try { for (;;); } finally { globalThis.left = 1; } });
      export const micro = action(async () => { for (;;) await null; });
      export const caught = action(async () => { for (;;) try { for (;;); } catch {} });
      export const nap = action(async () => {
        await new Promise((resolve) => setTimeout(resolve, 10)); console.log("woke");
        await new Promise((resolve) => setTimeout(resolve, 10)); return typeof globalThis.left; });`);
    const pool = poolOf("isolate");
    for (const name of ["sync", "micro", "caught"]) {
      const abort = new AbortController();
      const nap = run(pool, modules, "nap");
      const stuck = run(pool, modules, name, {}, abort);
      setTimeout(() => abort.abort(), 500);
      await expect(stuck).rejects.toThrow("aborted");
      expect([name, await nap]).toEqual([name, "undefined"]);
      expect(pool.workers).toBe(1);
    }
  }, 30_000);

  it("lets none to come wait for one that never lets go", async () => {
    const modules = await modulesOf(`/*imports*/
      export const loop = action(async () => { for (;;); });
      export const fine = action(async () => 1);`);
    const pool = poolOf("isolate", 60_000);
    const abort = new AbortController();
    const stuck = run(pool, modules, "loop", {}, abort);
    const come: Promise<unknown>[] = [];
    let isAnswered = false;
    // Until it is known not to answer, they come to the thread that is stuck.
    while (!isAnswered) {
      const next = run(pool, modules, "fine");
      come.push(next);
      void next.then(() => (isAnswered = true));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    abort.abort();
    await expect(stuck).rejects.toThrow("aborted");
    expect(new Set(await Promise.all(come))).toEqual(new Set([1]));
  }, 30_000);

  it("do not stop an action when another's time is over", async () => {
    const modules = await modulesOf(`/*imports*/
      export const long = action(async () => { const end = Date.now() + 2500;
        for (let n = 0;; n++) if (Date.now() > end) return "whole"; });
      export const wait = action(async () => { await new Promise(() => undefined); });`);
    const pool = poolOf("isolate", 10_000);
    const abort = new AbortController();
    const waiting = run(pool, modules, "wait", {}, abort);
    const long = run(pool, modules, "long");
    setTimeout(() => abort.abort(), 1000);
    await expect(waiting).rejects.toThrow("aborted");
    expect(await long).toBe("whole");
  }, 30_000);

  it("stop nothing else, however close what is stopped was to its end", async () => {
    const modules = await modulesOf(`/*imports*/
      export const spin = action(async (_, { ms }) => { for (let n = 0; n < 3; n++) {
        const end = performance.now() + ms; while (performance.now() < end); await null; }
        return "whole"; });
      export const beside = action(async () => { let turns = 0;
        for (; turns < 25; turns++) await new Promise((resolve) => setTimeout(resolve, 1));
        return turns; });`);
    const pool = poolOf("isolate", 60_000);
    const outcomes = new Set<unknown>();
    for (let round = 0; round < 60; round++) {
      const abort = new AbortController();
      const beside = [
        run(pool, modules, "beside"),
        run(pool, modules, "beside"),
      ];
      const spun = run(
        pool,
        modules,
        "spin",
        {},
        { args: { ms: round % 6 }, signal: abort.signal },
      );
      setTimeout(() => abort.abort(), round % 19);
      outcomes.add(await spun.catch((error: Error) => error.message));
      expect(await Promise.all(beside)).toEqual([25, 25]);
    }
    expect(outcomes).toContain("The request was aborted");
    expect(pool.workers).toBe(1);
  }, 60_000);

  it("goes on after an action has left something that never lets go", async () => {
    const modules = await modulesOf(`/*imports*/
      export const trap = action(async () => {
        Object.defineProperty(globalThis, "console", { get() { for (;;); } }); return 1; });
      export const fine = action(async () => 2);`);
    const pool = poolOf("isolate");
    expect(await run(pool, modules, "trap")).toBe(1);
    expect(await run(pool, modules, "fine")).toBe(2);
    expect(pool.workers).toBe(1);
  }, 30_000);

  it("are asked each half second whether they answer, however many actions begin", async () => {
    const modules = await modulesOf(`/*imports*/
      export const nap = action(async () => { await new Promise((resolve) => setTimeout(resolve, 2000)); });
      export const fine = action(async () => 1);`);
    const pool = poolOf("isolate");
    const nap = run(pool, modules, "nap");
    for (let i = 0; i < 20; i++) {
      await run(pool, modules, "fine");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const posted = vi.spyOn(Worker.prototype, "postMessage");
    const began = performance.now();
    await nap;
    const halfSeconds = (performance.now() - began) / 500;
    const pings = posted.mock.calls.filter(
      ([message]: { kind?: string }[]) => message?.kind === "ping",
    );
    posted.mockRestore();
    expect(pings.length).toBeGreaterThan(0);
    expect(pings.length).toBeLessThanOrEqual(halfSeconds + 2);
  });
});

describe.each(["isolate", "node"] as const)("workers of %s actions", (kind) => {
  it("trust whom the process was told to trust when it began", async () => {
    const modules = await modulesOf(`
      ${kind === "node" ? '"use node";' : ""} /*imports*/
      export const get = action(async (_, { url }) => await (await fetch(url)).text());`);
    const pool = poolOf(kind);
    const trusted = await serveTls((response) => response.end("secretly"));
    const unknown = await serveTls((response) => response.end(), "unknown");
    const get = (url: string) =>
      run(pool, modules, "get", {}, { args: { url } });
    expect(await get(trusted.at())).toBe("secretly");
    await expect(get(unknown.at())).rejects.toThrow("fetch failed");
  });
});

describe("the worker of node actions", () => {
  it("offers Node's modules and environment", async () => {
    const modules =
      await modulesOf(`"use node"; /*imports*/ import { createHash } from "node:crypto";
      export const hash = action(async () => [createHash("sha256").update("abc").digest("hex").slice(0, 2), process.env.NAME]);`);
    expect(await run(poolOf("node"), modules, "hash")).toEqual(["ba", "value"]);
  });

  it("turns process.exit and uncaught errors into the action's error, and serves the next call", async () => {
    const modules = await modulesOf(`"use node"; /*imports*/
      export const exit = action(async () => { process.exit(3); });
      export const crash = action(async () => { setTimeout(() => { throw new Error("boom"); }, 1); await new Promise((r) => setTimeout(r, 500)); });
      export const fine = action(async () => 1);`);
    const pool = poolOf("node");
    await expect(run(pool, modules, "exit")).rejects.toThrow(
      "process.exit() called with exit code 3",
    );
    await expect(run(pool, modules, "crash")).rejects.toThrow(
      "Uncaught uncaughtException: boom",
    );
    expect(await run(pool, modules, "fine")).toBe(1);
  });

  it("describes the functions of its modules", async () => {
    const modules = await modulesOf(
      `"use node"; /*imports*/ export const one = action(async () => 1);`,
    );
    const text = await poolOf("node").describe(modules, {
      componentPath: "",
      module: "m.js",
      env: {},
    });
    expect(JSON.parse(text)).toMatchObject([
      { name: "one", udfType: "Action", visibility: { kind: "public" } },
    ]);
  });
});
