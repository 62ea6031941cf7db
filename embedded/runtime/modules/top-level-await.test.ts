import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WorkerPool } from "../actions/worker-pool";
import type { LoadedModules } from "../actions/worker-slot";
import { startTestBackend, type TestBackend } from "../testing/test-backend";
import type { PushedModule } from "../types";
import { compileModules } from "./compiled-module";

const pool = new WorkerPool({
  kind: "node",
  size: 1,
  timeoutMs: 10_000,
  heapMegabytes: 256,
});
let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend({});
});
afterAll(async () => {
  await pool.close();
  await backend.close();
});

let nextId = 1;
async function runNode(sources: { [path: string]: string }): Promise<unknown> {
  const modules = await compileModules(
    Object.entries(sources).map(([path, source]) => ({
      path,
      source,
      environment: "node",
    })),
  );
  const components: LoadedModules["components"] = [["", [...modules.values()]]];
  const job = {
    componentPath: "",
    module: "m.js",
    env: {},
    requestId: "r",
    task: { kind: "action", name: "go", args: "[{}]" },
  } as const;
  const text = await pool.run({ id: nextId++, components }, job, {
    syscall: async () => ({ value: "null" }),
    log: () => undefined,
  });
  return JSON.parse(text);
}
const action = (body: string) =>
  `export const go = { isAction: true, invokeAction: async () => JSON.stringify(${body}) };`;

describe("a module that awaits at its top level", () => {
  it("runs in Node.js, after those it imports and before those that import it", async () => {
    const found = await runNode({
      "m.js": `import { b } from "./b.js"; import { order } from "./order.js"; order.push("m"); ${action("[b, order]")}`,
      "b.js": `import { order } from "./order.js"; import { c } from "./_deps/c.js"; const waited = await new Promise((resolve) => setTimeout(() => resolve(c + 1), 10)); order.push("b"); export { waited as b };`,
      "_deps/c.js": `import { order } from "../order.js"; await null; order.push("c"); export const c = 1;`,
      "order.js": `export const order = [];`,
    });
    expect(found).toEqual([2, ["c", "b", "m"]]);
  });

  it("fails every function of those that import it when it fails", async () => {
    const sources = {
      "m.js": `import { b } from "./b.js"; ${action("b")}`,
      "b.js": `await null; throw new TypeError("not today"); export const b = 1;`,
    };
    await expect(runNode(sources)).rejects.toThrow(
      "Uncaught TypeError: not today",
    );
  });

  it("is refused by name in Convex's own runtime", async () => {
    const module: PushedModule = {
      path: "m.js",
      source: "export const x = await Promise.resolve(1);",
      environment: "isolate",
    };
    await expect(backend.runtime.analyze([module], {})).rejects.toThrow(
      "Failed to analyze m.js: Uncaught Error: Top-level awaits in source files are unsupported",
    );
  });
});

describe("a package that was left out of the push", () => {
  it("is loaded from where the backend runs, whatever its format", async () => {
    const found = await runNode({
      "m.js": `import inspect from "object-inspect"; import * as esm from "tailwind-merge"; ${action("[inspect([1]), typeof esm.twMerge]")}`,
    });
    expect(found).toEqual(["[ 1 ]", "function"]);
  });

  it("is named when it is not there", async () => {
    const sources = {
      "m.js": `import nothing from "not-a-package-of-anyone"; ${action("nothing")}`,
    };
    await expect(runNode(sources)).rejects.toThrow(
      "Cannot find module 'not-a-package-of-anyone'",
    );
  });
});
