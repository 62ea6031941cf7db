import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { FunctionError } from "../errors";
import { compileModules } from "../modules/compiled-module";
import { bundleModules } from "../testing/bundle-modules";
import type { RealmServices } from "./realm-services";
import { TransactionRealm } from "./transaction-realm";

const PRELUDE = `import { queryGeneric as query, mutationGeneric as mutation } from "convex/server";\n`;

async function realmOf(
  source: string,
  userTimeMs = 1000,
): Promise<TransactionRealm> {
  const modules = await compileModules(
    await bundleModules({ "m.ts": PRELUDE + source }),
  );
  const importPhase = { nowMs: 1000, seed: [1, 2, 3, 4] as const };
  return new TransactionRealm({
    modules,
    importPhase,
    importEnv: () => undefined,
    userTimeMs,
  });
}

function services(
  overrides: Partial<RealmServices> = {},
): RealmServices & { lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    syscall: () => "null",
    runsFunction: () => false,
    mayShareTime: () => false,
    patience: 1,
    followsPromises: true,
    asyncSyscall: (op) => JSON.stringify(op),
    log: (level, messages) =>
      void lines.push(`[${level}] ${messages.join(" ")}`),
    env: (name) => (name === "NAME" ? "value" : undefined),
    nowMs: 5000,
    seed: [5, 6, 7, 8],
    clockAdvances: false,
    ...overrides,
  };
}

function run(
  realm: TransactionRealm,
  name: string,
  args: object = {},
  given = services(),
): unknown {
  const call = {
    module: "m.js",
    name,
    method: "invokeQuery",
    args: JSON.stringify([args]),
  };
  const handler = realm.begin(call, given);
  handler.start();
  return JSON.parse(handler.finish());
}

function failure(work: () => unknown): FunctionError {
  try {
    work();
  } catch (error) {
    if (error instanceof FunctionError) return error;
    throw error;
  }
  throw new Error("Expected a failure");
}

describe("a transaction realm", () => {
  it("runs a handler to completion inside one call", async () => {
    const realm =
      await realmOf(`export const add = query({ args: {}, handler: async (_, { a, b }) => {
      for (let i = 0; i < 50; i++) await Promise.resolve();
      return a + b; } });`);
    expect(run(realm, "add", { a: 1, b: 2 })).toBe(3);
  });

  it("freezes time, seeds randomness and reads variables", async () => {
    const realm =
      await realmOf(`export const look = query(async () => ({ now: Date.now(), date: new Date().getTime(),
      random: Math.random(), uuid: crypto.randomUUID(), env: process.env.NAME, none: process.env.OTHER ?? null,
      isDate: new Date() instanceof Date, elapsed: performance.now() }));`);
    const first = run(realm, "look");
    expect(first).toMatchObject({
      now: 5000,
      date: 5000,
      env: "value",
      none: null,
      isDate: true,
      elapsed: 0,
    });
    expect(run(realm, "look")).toEqual(first);
    expect(
      run(realm, "look", {}, services({ seed: [9, 9, 9, 9] })),
    ).not.toEqual(first);
  });

  it("evaluates WebAssembly at the top level", async () => {
    const realm =
      await realmOf(`const module = new WebAssembly.Module(new Uint8Array([0,97,115,109,1,0,0,0]));
      export const wasm = query(async () => module instanceof WebAssembly.Module);`);
    expect(run(realm, "wasm")).toBe(true);
  });

  it("reports a promise that never settles and is then discarded", async () => {
    const realm = await realmOf(
      `export const hang = query(() => new Promise(() => {}));`,
    );
    expect(failure(() => run(realm, "hang")).text).toBe(
      "Returned promise will never resolve",
    );
    expect(realm.discarded).toBe(true);
  });

  it("stops an endless loop, and an endless chain of promises", async () => {
    const source = `export const loop = query(() => { for (;;); });
      export const chain = query(async () => { for (;;) await 0; });`;
    for (const name of ["loop", "chain"]) {
      const realm = await realmOf(source, 100);
      expect(failure(() => run(realm, name)).text).toBe(
        "Function execution timed out (maximum duration: 0.1s)",
      );
      expect(realm.discarded).toBe(true);
    }
  });

  it("fails the function on an unhandled rejection and not on a handled one", async () => {
    const realm = await realmOf(`
      export const lost = query(async () => { (async () => { throw new Error("lost"); })(); return 1; });
      export const kept = query(async () => {
        const p = Promise.reject(new Error("kept")); await Promise.resolve(); await p.catch(() => 2);
        await Promise.allSettled([Promise.reject(new Error("x"))]); return 1; });`);
    expect(failure(() => run(realm, "lost")).text).toBe("Uncaught Error: lost");
    expect(run(realm, "kept")).toBe(1);
  });

  it("describes thrown errors, values and ConvexErrors, with the author's frames", async () => {
    const realm = await realmOf(`import { ConvexError } from "convex/values";
      function inner() { throw new TypeError("bad"); }
      export const error = query(async () => { inner(); });
      export const text = query(async () => { throw "plain"; });
      export const convex = query(async () => { throw new ConvexError({ code: "X" }); });`);
    const error = failure(() => run(realm, "error"));
    expect(error.text).toBe("Uncaught TypeError: bad");
    expect(error.frames[0]).toMatch(
      /^ {4}at inner \(.*convex-fixture\/m\.ts:3:\d+\)$/,
    );
    expect(failure(() => run(realm, "text")).text).toBe("Uncaught plain");
    const convex = failure(() => run(realm, "convex"));
    expect(convex.text).toBe('Uncaught ConvexError: {"code":"X"}');
    expect(convex.data).toEqual({ code: "X" });
  });

  it("refuses the network and timers", async () => {
    const realm =
      await realmOf(`export const net = query(async () => { await fetch("http://x"); });
      export const timer = query(async () => { setTimeout(() => {}, 1); });`);
    expect(failure(() => run(realm, "net")).text).toMatch(
      /^Can't use fetch\(\) in queries and mutations\./,
    );
    expect(failure(() => run(realm, "timer")).text).toMatch(
      /^Can't use setTimeout\(\) in queries and mutations\./,
    );
  });

  it("collects log lines as object-inspect prints them", async () => {
    const realm = await realmOf(
      `export const log = query(async () => { console.log("hi", 3); console.warn([1]); });`,
    );
    const given = services();
    run(realm, "log", {}, given);
    expect(given.lines[0]).toBe("[LOG] 'hi' 3");
    expect(given.lines[1]).toMatch(/^\[WARN\] \[/);
  });

  it("answers deferred syscalls in order and passes their errors on", async () => {
    const realm = await realmOf(`export const calls = query(async (ctx) => {
      const all = await Promise.all([ctx.auth.getUserIdentity(), ctx.auth.getUserIdentity()]);
      try { await ctx.storage.getUrl("x"); } catch (error) { all.push(error.message); }
      return all; });`);
    let count = 0;
    const given = services({
      runsFunction: () => true,
      mayShareTime: () => false,
      asyncSyscall: (op) => {
        if (op === "1.0/storageGetUrl") throw new Error("no such file");
        return String(++count);
      },
    });
    expect(run(realm, "calls", {}, given)).toEqual([1, 2, "no such file"]);
  });

  it("digests and signs synchronously", async () => {
    const realm = await realmOf(`export const hash = query(async () => {
      const bytes = new TextEncoder().encode("abc");
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
      const signature = await crypto.subtle.sign("HMAC", key, bytes);
      return [digest[0], signature instanceof ArrayBuffer, await crypto.subtle.verify("HMAC", key, signature, bytes)]; });`);
    expect(run(realm, "hash")).toEqual([0xba, true, true]);
  });

  it("tells the length of an RSA key, which libraries check before they sign", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const jwk = JSON.stringify(privateKey.export({ format: "jwk" }));
    const realm = await realmOf(`export const length = query(async () => {
      const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
      const key = await crypto.subtle.importKey("jwk", ${jwk}, algorithm, false, ["sign"]);
      return [key.algorithm.modulusLength, key.algorithm.hash.name]; });`);
    expect(run(realm, "length")).toEqual([2048, "SHA-256"]);
  });

  it("derives bits from passwords and keys", async () => {
    const realm = await realmOf(`export const derive = query(async () => {
      const bytes = (text) => new TextEncoder().encode(text);
      const bits = async (algorithm) => {
        const key = await crypto.subtle.importKey("raw", bytes("password"), algorithm.name, false, ["deriveBits"]);
        return Array.from(new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, 32)));
      };
      const hash = "SHA-256";
      return [
        await bits({ name: "PBKDF2", hash, salt: bytes("salt"), iterations: 1 }),
        (await bits({ name: "HKDF", hash, salt: bytes("salt"), info: bytes("") })).length,
      ]; });`);
    expect(run(realm, "derive")).toEqual([[0x12, 0x0f, 0xb6, 0xcf], 4]);
  });
});
