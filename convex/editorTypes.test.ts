import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type AnsweringServer,
  json,
  startAnsweringServer,
} from "../tests/support/answering-server";
import {
  addMember,
  createWorkspace,
  type Member,
  type Product,
  signUp,
  startProduct,
} from "../tests/support/product-test";
import { api, internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";

let t: Product;
let owner: Member;
let organizationId: Id<"organizations">;
let server: AnsweringServer;
beforeEach(async () => {
  t = startProduct();
  ({ owner, organizationId } = await createWorkspace(t));
  server = await startAnsweringServer();
  vi.stubEnv("ALLOW_PRIVATE_NETWORK", `127.0.0.1:${server.port}`);
});
afterEach(async () => {
  await t.finishInProgressScheduledFunctions();
  await server.close();
  vi.unstubAllEnvs();
});

async function create(chain: string, name = "Flow"): Promise<Id<"workflows">> {
  const source = `import { workflow, z } from "lockstep";\nexport default workflow${chain}`;
  const made = { organizationId, name, source };
  return (await owner.mutation(api.workflows.create, made)).workflowId;
}

async function publish(chain: string, name?: string): Promise<Id<"workflows">> {
  const workflowId = await create(chain, name);
  await owner.mutation(api.workflowVersions.publish, { workflowId });
  return workflowId;
}

async function run(
  workflowId: Id<"workflows">,
  input: unknown = {},
): Promise<void> {
  const text = JSON.stringify(input);
  const { runId } = await owner.mutation(api.workflowRuns.create, {
    workflowId,
    input: text,
  });
  await untilEnded(runId);
}

async function test(
  workflowId: Id<"workflows">,
  pins: { pattern: string; value: { kind: "json"; json: string } }[] = [],
): Promise<void> {
  const started = { workflowId, input: "{}", pins };
  const outcome = await owner.mutation(api.testRuns.start, started);
  if (outcome.kind === "refused") throw new Error("refused");
  await untilEnded(outcome.runId);
}

async function untilEnded(runId: Id<"workflowRuns">): Promise<void> {
  await vi.waitFor(
    async () => {
      const found = await owner.query(api.workflowRuns.get, { runId });
      expect(found?.endedAt).not.toBeNull();
    },
    { timeout: 10_000 },
  );
}

/** What the editor has after a look. */
async function typesOf(workflowId: Id<"workflows">): Promise<string> {
  await t.action(internal.editorTypes.lookAtRuns, {
    organizationId,
    workflowId,
  });
  await t.action(internal.editorTypes.lookAtAll, { organizationId });
  const types = await owner.query(api.editorTypes.get, { workflowId });
  return types?.replace(/\s+/g, " ") ?? "";
}

describe("the types of the editor", () => {
  it("have what http steps were answered, inside loops too, and the input", async () => {
    server.answer = ({ path }, response) =>
      json(response, path === "/user" ? { id: 7, name: "Ada" } : [path]);
    const workflowId = await publish(
      `().http("fetch user", { request: () => ({ url: "${server.origin}/user" }) })
        .loop("each", { times: 2, do: (f) => f.http("mail", { request: () => ({ url: "${server.origin}/mail" }) }) })
        .http("known", { request: () => ({ url: "${server.origin}/user" }), response: z.object({ id: z.number() }) })`,
    );
    await run(workflowId, { order: { total: 3 } });
    await run(workflowId, { order: null });
    const types = await typesOf(workflowId);
    expect(types).toContain(
      `"fetch user": { /** Seen in 2 runs. */ id: number; /** Seen in 2 runs. */ name: string; [name: string]: any; };`,
    );
    expect(types).toContain(`"each/mail": string[];`);
    expect(types).toContain(
      `"": { /** Seen in 2 runs. */ order: { total: number; [name: string]: any; } | null; [name: string]: any; };`,
    );
    expect(types).not.toContain(`known`);
  }, 30_000);

  it("have what tests gave, and not what was pinned", async () => {
    const workflowId = await create(
      `().code("a", () => ({ real: 1 })).code("b", () => ({ real: 2 }))`,
    );
    await test(workflowId, [
      { pattern: "b", value: { kind: "json", json: `{"pretended":1}` } },
    ]);
    const types = await typesOf(workflowId);
    expect(types).toContain(`a: { /** Seen in 1 run. */ real: number;`);
    expect(types).not.toMatch(/pretended|b: /);
  });

  it("are of the version that is published, or else of those before", async () => {
    const workflowId = await publish(
      `().code("a", () => ({ old: 1 })).code("b", ({ input }) => { if (input.stop) throw new Error("x"); return { old: 1 } })`,
    );
    await run(workflowId);
    const source = `import { workflow } from "lockstep";\nexport default workflow().code("a", () => ({ fresh: 1 })).code("b", () => { throw new Error("x") })`;
    await owner.mutation(api.workflows.saveDraft, { workflowId, source });
    await owner.mutation(api.workflowVersions.publish, { workflowId });
    expect(await typesOf(workflowId)).toMatch(/a: \{[^}]*old: number/);
    await run(workflowId);
    const types = await typesOf(workflowId);
    expect(types).toMatch(/a: \{[^}]*fresh: number/);
    expect(types).toMatch(/b: \{[^}]*old: number/);
  });

  it("have shapes of values in files", async () => {
    const workflowId = await publish(
      `().code("big", () => Array.from({ length: 3000 }, (_, id) => ({ id, text: "some text to fill it" })))`,
    );
    await run(workflowId);
    expect(await typesOf(workflowId)).toContain(
      `big: ({ id: number; text: string; [name: string]: any; })[];`,
    );
  });

  it("have inputs and outputs of the workflows there are, and no more those of removed ones", async () => {
    const workflowId = await publish(`().code("a", () => 1)`);
    const child = await publish(
      `({ input: z.object({ to: z.string(), copies: z.number().optional() }) }).code("x", () => ({ sent: true })).output(({ steps }) => steps.x)`,
      "Send mail",
    );
    await run(child, { to: "x" });
    expect(await typesOf(workflowId)).toContain(
      `"send-mail": { input: { to: string; copies?: number; }; output: { /** Seen in 1 run. */ sent: boolean; [name: string]: any; }; };`,
    );
    await owner.mutation(api.workflows.remove, { workflowId: child });
    expect(await typesOf(workflowId)).not.toContain("send-mail");
    const left = await t.run(({ db }) => db.query("observations").collect());
    expect(left.map(({ name }) => name)).not.toContain(child);
  });

  it("have what a workflow takes as soon as it is published, before anybody looked", async () => {
    const workflowId = await create(`().code("a", () => 1)`);
    await publish(
      `({ input: z.object({ to: z.string() }) }).code("x", () => 1)`,
      "Fresh",
    );
    const types = await owner.query(api.editorTypes.get, { workflowId });
    expect(types?.replace(/\s+/g, " ")).toContain(
      `fresh: { input: { to: string; }; output: any; };`,
    );
  });

  it("have events that were sent or are waited for, and names of secrets", async () => {
    const workflowId = await create(`().code("a", () => 1)`);
    for (const data of [`{"id":1}`, `{"id":"two"}`])
      await owner.mutation(api.events.send, {
        organizationId,
        name: "order.paid",
        data,
      });
    await t.run(({ db }) =>
      db.insert("secrets", {
        organizationId,
        name: "STRIPE_KEY",
        keyId: "k",
        iv: "i",
        ciphertext: "not-to-be-seen",
        updatedAt: 0,
      }),
    );
    const types = await typesOf(workflowId);
    expect(types).toContain(
      `"order.paid": { /** Seen in 2 events. */ id: number | string;`,
    );
    expect(types).toContain("STRIPE_KEY: string;");
    expect(types).not.toContain("not-to-be-seen");
  });
});

describe("a look", () => {
  it("is asked for by the editor, and not so often that it matters", async () => {
    const workflowId = await publish(`().code("a", () => ({ seen: 1 }))`);
    await run(workflowId);
    for (let n = 0; n < 20; n++)
      await owner.mutation(api.editorTypes.refresh, { workflowId });
    const asked = await t.run(({ db }) =>
      db.system.query("_scheduled_functions").collect(),
    );
    const looks = asked.filter(({ name }) => name.includes("lookAt"));
    expect(looks.length).toBeLessThan(8);
    await vi.waitFor(async () => {
      const types = await owner.query(api.editorTypes.get, { workflowId });
      expect(types).toContain("seen: number");
    });
  });

  it("writes nothing when nothing is new, and runs write nothing at all", async () => {
    const workflowId = await publish(`().code("a", () => ({ seen: 1 }))`);
    const rows = () => t.run(({ db }) => db.query("observations").collect());
    await run(workflowId);
    expect(await rows()).toEqual([]);
    await typesOf(workflowId);
    const before = await rows();
    await typesOf(workflowId);
    expect(await rows()).toEqual(before);
  });

  it("is refused to people outside, who see no types", async () => {
    const workflowId = await publish(`().code("a", () => 1)`);
    const stranger = await signUp(t, "A stranger");
    expect(
      await stranger.query(api.editorTypes.get, { workflowId }),
    ).toBeNull();
    expect(await t.query(api.editorTypes.get, { workflowId })).toBeNull();
    await expect(
      stranger.mutation(api.editorTypes.refresh, { workflowId }),
    ).rejects.toThrow(/not_found/);
    const viewer = await addMember(t, organizationId, "viewer");
    await viewer.mutation(api.editorTypes.refresh, { workflowId });
    expect(await viewer.query(api.editorTypes.get, { workflowId })).toContain(
      "flow:",
    );
  });

  it("stays within its bounds with 500 workflows", async () => {
    const workflowId = await publish(`().code("a", () => ({ n: 1 }))`);
    await run(workflowId);
    await t.run(async ({ db }) => {
      const [workflow] = await db.query("workflows").collect();
      if (workflow === undefined) throw new Error("no workflow");
      const { _id, _creationTime, ...row } = workflow;
      for (let n = 0; n < 500; n++)
        await db.insert("workflows", { ...row, slug: `copy-${n}` });
    });
    const types = await typesOf(workflowId);
    expect(types).toContain(`"copy-499"`);
    expect(types.length).toBeLessThan(300_000);
  }, 60_000);
});
