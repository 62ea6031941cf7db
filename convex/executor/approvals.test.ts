/** Steps that ask people. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  addMember,
  createWorkspace,
  type Member,
  type Product,
  signUp,
  startProduct,
  type Workspace,
} from "../../tests/support/product-test";
import { api, internal } from "../_generated/api";
import type { Id } from "../_generated/dataModel";

type RunId = Id<"workflowRuns">;

let t: Product;
let workspace: Workspace;
let owner: Member;
let approver: Member;
beforeEach(async () => {
  t = startProduct();
  workspace = await createWorkspace(t);
  owner = workspace.owner;
  approver = await addMember(t, workspace.organizationId, "approver");
});
afterEach(async () => {
  expect(await t.query(internal.executor.audit.stuckRuns, {})).toEqual([]);
});

async function start(chain: string, input: unknown = {}): Promise<RunId> {
  const { organizationId } = workspace;
  const { workflowId } = await owner.mutation(api.workflows.create, {
    organizationId,
    name: "Refund",
    source: `import { workflow, z } from "lockstep";\nexport default workflow${chain}`,
  });
  const result = await owner.mutation(api.workflowVersions.publish, {
    workflowId,
  });
  if (result.kind === "refused") throw new Error(JSON.stringify(result));
  const { runId } = await owner.mutation(api.workflowRuns.create, {
    workflowId,
    input: JSON.stringify(input),
  });
  return runId;
}

const asked = async (who: Member, runId: RunId, stepKey = "boss") => {
  const approval = await who.query(api.approvals.getByStep, { runId, stepKey });
  if (approval === null) throw new Error("nothing is asked");
  return approval;
};

async function decide(
  who: Member,
  runId: RunId,
  vote: { approved: boolean; note?: string; values?: string },
) {
  const { _id: approvalId } = await asked(owner, runId);
  return await who.mutation(api.approvals.decide, { approvalId, ...vote });
}

async function runOf(runId: RunId) {
  const run = await owner.query(api.workflowRuns.get, { runId });
  if (run === null) throw new Error("no run");
  return run;
}

async function untilEnded(runId: RunId) {
  for (;;) {
    const run = await runOf(runId);
    if (run.endedAt !== null) return run;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function outputOf(runId: RunId): Promise<unknown> {
  const { output, state } = await untilEnded(runId);
  if (output === null) throw new Error(JSON.stringify(state));
  return JSON.parse(output.preview);
}

const ask = (options = "") =>
  `({ input: z.object({ n: z.number().default(7) }) })
  .approval("boss", { title: ({ input }) => "Refund " + input.n + "?", ${options} })
  .output(({ steps }) => steps.boss)`;

describe("a step that asks for approval", () => {
  it("says what it asks and until when, and goes on with the decision", async () => {
    const runId = await start(
      ask(`details: ({ input }) => ({ amount: input.n }), timeout: "1h"`),
    );
    const { state, createdAt } = await runOf(runId);
    const until = createdAt + 3_600_000;
    expect(state).toEqual({
      kind: "waiting",
      for: "approval",
      title: "Refund 7?",
      until,
      stepKey: "boss",
    });
    expect(await asked(approver, runId)).toMatchObject({
      title: "Refund 7?",
      details: '{"amount":7}',
      quorum: 1,
      until,
      outcome: null,
      votes: [],
      refusal: null,
    });
    const vote = { approved: true, note: " fine " };
    expect(await decide(approver, runId, vote)).toBe("approved");
    expect(await outputOf(runId)).toEqual({
      approved: true,
      timedOut: false,
      values: null,
      votes: [
        {
          by: "A approver",
          approved: true,
          note: "fine",
          values: null,
          at: expect.stringMatching(/Z$/) as string,
        },
      ],
    });
    expect(await asked(approver, runId)).toMatchObject({
      outcome: "approved",
      votes: [{ by: "A approver", note: "fine" }],
    });
  });

  it("takes one rejection for an answer, whatever the quorum", async () => {
    const runId = await start(ask("quorum: 2"));
    expect(await decide(owner, runId, { approved: false })).toBe("rejected");
    expect(await outputOf(runId)).toMatchObject({ approved: false });
  });

  it("waits for as many as it needs, each once", async () => {
    const runId = await start(ask("quorum: 2"));
    expect(await decide(owner, runId, { approved: true })).toBeNull();
    expect((await runOf(runId)).state.kind).toBe("waiting");
    expect(await asked(owner, runId)).toMatchObject({
      refusal: expect.stringMatching(/others/) as string,
      outcome: null,
    });
    await expect(decide(owner, runId, { approved: true })).rejects.toThrow(
      /already_decided/,
    );
    expect(await decide(approver, runId, { approved: true })).toBe("approved");
    expect(await outputOf(runId)).toMatchObject({
      approved: true,
      votes: [{ by: "Tess Owner" }, { by: "A approver" }],
    });
  });

  it("checks what was filled in, and gives it to the flow", async () => {
    const form = `form: z.object({ amount: z.number().max(10), why: z.string().default("-") })`;
    const runId = await start(ask(form));
    const approve = (values?: string) =>
      decide(owner, runId, {
        approved: true,
        ...(values === undefined ? {} : { values }),
      });
    await expect(approve()).rejects.toThrow(/invalid_input/);
    await expect(approve("{")).rejects.toThrow(/not JSON/);
    await expect(approve('{"amount":11}')).rejects.toThrow(/values\.amount/);
    expect((await runOf(runId)).state.kind).toBe("waiting");
    await approve('{"amount":9}');
    expect(await outputOf(runId)).toMatchObject({
      values: { amount: 9, why: "-" },
    });
  });

  it.each([
    ["reject", { approved: false, timedOut: true }],
    ["approve", { approved: true, timedOut: true }],
  ])("may %s at the end of its time", async (onTimeout, expected) => {
    const runId = await start(
      ask(`timeout: "50ms", onTimeout: "${onTimeout}"`),
    );
    expect(await outputOf(runId)).toMatchObject({ ...expected, votes: [] });
    await expect(decide(owner, runId, { approved: true })).rejects.toThrow(
      /expired/,
    );
  });

  it("fails at the end of its time when it says nothing else", async () => {
    const runId = await start(ask(`timeout: "50ms"`));
    const { state, error } = await untilEnded(runId);
    expect(state.kind).toBe("failed");
    expect(error).toMatchObject({ name: "TimeoutError", code: "timeout" });
  });

  it("asks no more when its run is cancelled", async () => {
    const runId = await start(ask());
    await owner.mutation(api.workflowRuns.cancel, { runId });
    expect((await asked(owner, runId)).outcome).toBe("cancelled");
    await expect(decide(owner, runId, { approved: true })).rejects.toThrow(
      /already_ended/,
    );
  });

  it("asks anew in a replay; the first decision stays", async () => {
    const runId = await start(ask());
    await decide(owner, runId, { approved: true });
    const replay = await owner.mutation(api.workflowRuns.replay, {
      runId,
      version: "original",
    });
    expect((await asked(owner, replay.runId)).outcome).toBeNull();
    expect((await asked(owner, runId)).outcome).toBe("approved");
    await decide(owner, replay.runId, { approved: false });
  });
});

describe("a decision", () => {
  it("is made once", async () => {
    const runId = await start(ask());
    await decide(owner, runId, { approved: true });
    await expect(decide(approver, runId, { approved: false })).rejects.toThrow(
      /already_decided.*approved by Tess Owner/s,
    );
    expect(await outputOf(runId)).toMatchObject({ approved: true });
  });

  it("is for those who may decide in the organization", async () => {
    const runId = await start(ask());
    const viewer = await addMember(t, workspace.organizationId, "viewer");
    const stranger = await signUp(t, "A stranger");
    expect((await asked(viewer, runId)).refusal).toMatch(/viewer/);
    await expect(decide(viewer, runId, { approved: true })).rejects.toThrow(
      /forbidden/,
    );
    await expect(decide(stranger, runId, { approved: true })).rejects.toThrow(
      /not_found/,
    );
    const key = { runId, stepKey: "boss" };
    expect(await stranger.query(api.approvals.getByStep, key)).toBeNull();
    await decide(owner, runId, { approved: false });
  });

  it("is for those whom the step names", async () => {
    const runId = await start(
      ask(`approvers: ["approver", "ada@example.com"]`),
    );
    expect((await asked(owner, runId)).refusal).toMatch(/approver, ada@/);
    await expect(decide(owner, runId, { approved: true })).rejects.toThrow(
      /forbidden.*Only approver/s,
    );
    const admin = await addMember(t, workspace.organizationId, "admin");
    const viewer = await admin.query(api.users.viewer);
    await t.run(async ({ db }) => {
      if (viewer !== null)
        await db.patch("users", viewer.userId, { email: "Ada@Example.com" });
    });
    expect((await asked(admin, runId)).refusal).toBeNull();
    expect(await decide(admin, runId, { approved: true })).toBe("approved");
  });
});
