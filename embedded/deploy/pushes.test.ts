import type { JSONValue } from "convex/values";
import { afterEach, describe, expect, it } from "vitest";
import { bundleModules } from "../runtime/testing/bundle-modules";
import {
  startTestBackend,
  type TestBackend,
} from "../runtime/testing/test-backend";
import { Deployment } from "./deployment";
import { parsePushRequest, type PushRequest } from "./push-request";
import { Pushes } from "./pushes";

let backend: TestBackend;
let whilePreparing = async (): Promise<unknown> => undefined;
afterEach(async () => {
  whilePreparing = async () => undefined;
  await backend.close();
});

async function newPushes(): Promise<Pushes> {
  backend = await startTestBackend({ "empty.ts": "export {};" });
  const { database, runtime } = backend;
  const deployment = new Deployment({ database, runtime });
  return new Pushes({
    database,
    evaluator: runtime,
    nowMs: Date.now,
    randomBytes: (size) => new Uint8Array(size),
    prepare: async (next) => {
      await whilePreparing();
      return deployment.prepare(next);
    },
  });
}

/** An app whose one query reads by the index that its schema declares, of notes with one field. */
async function appWith(options: {
  index: string;
  field: string;
}): Promise<PushRequest> {
  const { index, field } = options;
  const schema = `import { defineSchema, defineTable } from "convex/server"; import { v } from "convex/values";
    export default defineSchema({ notes: defineTable({ text: ${field} }).index("${index}", ["text"]) });`;
  const notes = `import { queryGeneric as query, mutationGeneric as mutation } from "convex/server";
    export const read = query(async (ctx) => "${index} " + (await ctx.db.query("notes").withIndex("${index}").collect()).length);
    export const add = mutation(async (ctx, { text }) => { await ctx.db.insert("notes", { text }); });`;
  const modules = await bundleModules({
    "schema.ts": schema,
    "notes.ts": notes,
  });
  const changedModules = modules.filter(({ path }) => path !== "schema.js");
  return parsePushRequest({
    adminKey: "",
    dryRun: false,
    functions: "convex/",
    appDefinition: {
      definition: null,
      dependencies: [],
      schema: modules.find(({ path }) => path === "schema.js") ?? null,
      changedModules,
      unchangedModuleHashes: [],
      udfServerVersion: "1.48.0",
    },
    componentDefinitions: [],
  });
}

const read = () => backend.runtime.runQuery(backend.call("notes:read"));
const add = (text: JSONValue) =>
  backend.runtime.runMutation(backend.call("notes:add", { text }));
const answer = (outcome: ReturnType<typeof read>) =>
  outcome.kind === "ok" ? outcome.value : outcome.errorMessage;

async function push(pushes: Pushes, request: PushRequest): Promise<void> {
  const startPush = await pushes.start(request);
  await pushes.finish({ startPush });
}

describe("a push", () => {
  it("has no effect before it is finished", async () => {
    const pushes = await newPushes();
    await push(pushes, await appWith({ index: "old", field: "v.any()" }));
    await pushes.start(await appWith({ index: "new", field: "v.any()" }));
    expect(answer(read())).toBe("old 0");
  });

  it("switches code and schema in one moment: no query fails meanwhile", async () => {
    const pushes = await newPushes();
    await push(pushes, await appWith({ index: "old", field: "v.any()" }));
    await add("x");
    const startPush = await pushes.start(
      await appWith({ index: "new", field: "v.any()" }),
    );
    let isDone = false;
    const finished = pushes.finish({ startPush }).then(() => (isDone = true));
    const answers: unknown[] = [];
    while (!isDone) {
      answers.push(answer(read()));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await finished;
    expect(new Set([...answers, answer(read())])).toEqual(
      new Set(["old 1", "new 1"]),
    );
  });

  it("fails, and the old code stays, when a document was written since that its schema forbids", async () => {
    const pushes = await newPushes();
    await push(pushes, await appWith({ index: "old", field: "v.any()" }));
    await add("fits");
    const startPush = await pushes.start(
      await appWith({ index: "new", field: "v.string()" }),
    );
    expect(pushes.waitForSchema(startPush)).toEqual({ type: "complete" });
    await add(1);
    await expect(pushes.finish({ startPush })).rejects.toThrow(
      /^Document with ID "[0-9a-z]{32}" in table "notes" does not match the schema: Value does not match validator\.\nPath: \.text\nValue: 1\.0\nValidator: v\.string\(\)$/,
    );
    expect(answer(read())).toBe("old 2");
  });

  it("fails when such a document was written while it was made ready", async () => {
    const pushes = await newPushes();
    await push(pushes, await appWith({ index: "old", field: "v.any()" }));
    const startPush = await pushes.start(
      await appWith({ index: "new", field: "v.string()" }),
    );
    whilePreparing = () => add(1);
    await expect(pushes.finish({ startPush })).rejects.toThrow(
      "does not match the schema",
    );
    expect(answer(read())).toBe("old 1");
  });

  it("that another one overtook is refused", async () => {
    const pushes = await newPushes();
    const request = await appWith({ index: "old", field: "v.any()" });
    const startPush = await pushes.start(request);
    for (let n = 0; n < 4; n++) await pushes.start(request);
    await expect(pushes.finish({ startPush })).rejects.toMatchObject({
      code: "RaceDetected",
    });
  });
});
