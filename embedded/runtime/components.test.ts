import { createRequire } from "node:module";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JSONValue } from "convex/values";
import type { SchemaJson } from "../database/types";
import { Scheduler } from "../scheduler/scheduler";
import { bundleEntryPoints } from "./testing/bundle-modules";
import {
  APP,
  startTestBackend,
  type TestBackend,
} from "./testing/test-backend";
import type { LoadedComponent } from "./types";
import { evaluateDefinition } from "./definitions";
import * as fs from "node:fs";

const require = createRequire(import.meta.url);
const SOURCE = `import { mutationGeneric as mutation, componentsGeneric } from "convex/server";
import { RateLimiter } from "@convex-dev/rate-limiter";
const components = componentsGeneric();
const limiter = new RateLimiter(components.rateLimiter, {
  send: { kind: "token bucket", rate: 1, period: 60000, capacity: 2 } });
export const send = mutation(async (ctx) => (await limiter.limit(ctx, "send")).ok);`;

async function componentOf(
  packageName: string,
  componentPath: string,
  children: Record<string, string>,
): Promise<LoadedComponent> {
  const entry = require.resolve(`${packageName}/package.json`);
  const folder = path.join(path.dirname(entry), "dist/component");
  const files = fs
    .readdirSync(folder)
    .filter((file) => /^[a-zA-Z]+\.js$/.test(file));
  const modules = await bundleEntryPoints(
    files.map((file) => path.join(folder, file)),
    folder,
  );
  return {
    ...APP,
    componentPath,
    definitionPath: packageName,
    modules,
    children,
    schema: schemaOf(modules),
    env: {},
  };
}

function schemaOf(modules: LoadedComponent["modules"]): SchemaJson {
  const module = modules.find((candidate) => candidate.path === "schema.js");
  if (module === undefined) throw new Error("The component has no schema");
  const others = new Map(modules.map((other) => [other.path, other]));
  const options = {
    importPhase: { nowMs: 0, seed: [1, 2, 3, 4] as const },
    userTimeMs: 1000,
  };
  return evaluateDefinition(
    { kind: "schema", module, others, env: {} },
    options,
  ) as unknown as SchemaJson;
}

let backend: TestBackend;
let scheduler: Scheduler;
beforeAll(async () => {
  const components = [
    await componentOf("@convex-dev/rate-limiter", "rateLimiter", {
      batchWorker: "rateLimiter/batchWorker",
    }),
    await componentOf(
      "@convex-dev/batch-worker",
      "rateLimiter/batchWorker",
      {},
    ),
  ];
  backend = await startTestBackend(
    { "m.ts": SOURCE },
    { components, app: { children: { rateLimiter: "rateLimiter" } } },
  );
  scheduler = new Scheduler({
    database: backend.database,
    runtime: backend.runtime,
    components: () => backend.runtime.components(),
    clock: { now: () => Date.now() },
    parallelism: 8,
  });
});
afterAll(async () => {
  await scheduler.stop();
  await backend.close();
});

describe("the rate limiter component", () => {
  it("limits, with the component that it nests", async () => {
    await scheduler.start();
    const results: JSONValue[] = [];
    for (let i = 0; i < 3; i++) {
      const outcome = await backend.runtime.runMutation(backend.call("m:send"));
      results.push(
        outcome.kind === "ok" ? outcome.value : outcome.errorMessage,
      );
    }
    expect(results).toEqual([true, true, false]);
  });
});
