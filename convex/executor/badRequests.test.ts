/** What people ask of runs that cannot be: each is refused by name, changes nothing, and the run goes on as before. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  addMember,
  createWorkspace,
  type Member,
  type Product,
  signUp,
  startProduct,
} from "../../tests/support/product-test";
import { present } from "../../tests/support/executor/present";
import { api, internal } from "../_generated/api";
import type { Id } from "../_generated/dataModel";

type RunId = Id<"workflowRuns">;

let t: Product;
let owner: Member;
let organizationId: Id<"organizations">;
beforeEach(async () => {
  t = startProduct();
  ({ owner, organizationId } = await createWorkspace(t));
});
afterEach(async () => {
  expect(await t.query(internal.executor.audit.stuckRuns, {})).toEqual([]);
});

async function publish(chain: string): Promise<Id<"workflows">> {
  const { workflowId } = await owner.mutation(api.workflows.create, {
    organizationId,
    name: "Flow",
    source: `import { workflow, z } from "lockstep";\nexport default workflow${chain}`,
  });
  const published = await owner.mutation(api.workflowVersions.publish, {
    workflowId,
  });
  if (published.kind === "refused") throw new Error(JSON.stringify(published));
  return workflowId;
}

async function start(chain: string): Promise<RunId> {
  const workflowId = await publish(chain);
  const { runId } = await owner.mutation(api.workflowRuns.create, {
    workflowId,
    input: "{}",
  });
  return runId;
}

const runOf = async (runId: RunId) =>
  present(await owner.query(api.workflowRuns.get, { runId }));

async function untilEnded(runId: RunId) {
  for (;;) {
    const run = await runOf(runId);
    if (run.endedAt !== null) return run;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const cancel = async (runId: RunId) =>
  await owner.mutation(api.workflowRuns.cancel, { runId });

async function expectRefused(
  asking: Promise<unknown>,
  code: string,
  message: RegExp,
): Promise<void> {
  await expect(asking).rejects.toMatchObject({
    data: { code, message: expect.stringMatching(message) as string },
  });
}

/** Everything of the run that is stored. */
async function stored(runId: RunId): Promise<unknown> {
  return await t.run(async ({ db }) => ({
    run: await db.get("workflowRuns", runId),
    steps: await db.query("stepExecutions").collect(),
    approvals: await db.query("approvals").collect(),
    waits: await db.query("openWaits").collect(),
    events: await db.query("runEvents").collect(),
  }));
}

describe("an approval", () => {
  const ask = (options: string) =>
    `().approval("boss", { title: () => "May it?", ${options} }).output(({ steps }) => steps.boss)`;

  async function decide(who: Member, runId: RunId, approved = true) {
    const approval = present(
      await owner.query(api.approvals.getByStep, { runId, stepKey: "boss" }),
    );
    const { _id: approvalId } = approval;
    return await who.mutation(api.approvals.decide, { approvalId, approved });
  }

  it("is decided once: a second decision is refused, and the first stays", async () => {
    const runId = await start(ask(""));
    await decide(owner, runId);
    const { output } = await untilEnded(runId);
    const before = await stored(runId);
    await expectRefused(
      decide(owner, runId, false),
      "already_decided",
      /approved by Tess Owner already/,
    );
    expect(await stored(runId)).toEqual(before);
    expect(output?.preview).toContain('"approved":true');
  });

  it("is not decided after its time", async () => {
    const runId = await start(ask(`timeout: "30ms", onTimeout: "reject"`));
    await untilEnded(runId);
    const before = await stored(runId);
    await expectRefused(decide(owner, runId), "expired", /time/);
    expect(await stored(runId)).toEqual(before);
  });

  it("is not decided by the wrong people, and waits for the right one", async () => {
    const runId = await start(ask(`approvers: ["approver"]`));
    const approver = await addMember(t, organizationId, "approver");
    const viewer = await addMember(t, organizationId, "viewer");
    const stranger = await signUp(t, "Stranger");
    const before = await stored(runId);
    await expectRefused(decide(owner, runId), "forbidden", /approver/);
    await expectRefused(decide(viewer, runId), "forbidden", /./);
    await expectRefused(decide(stranger, runId), "not_found", /no access/);
    const nobody = t as unknown as Member;
    await expectRefused(decide(nobody, runId), "not_signed_in", /sign in/i);
    expect(await stored(runId)).toEqual(before);
    await decide(approver, runId);
    expect((await untilEnded(runId)).state.kind).toBe("completed");
  });
});

describe("an event", () => {
  const WAITS = `().waitForEvent("paid", { event: "order.paid", data: z.object({ amount: z.number() }) })`;
  const send = async (data: string, name = "order.paid") =>
    await owner.mutation(api.events.send, { organizationId, name, data });

  it("of another shape fails the step that waits, with the field", async () => {
    const runId = await start(WAITS);
    const other = await start(`().waitForEvent("w", { event: "other.one" })`);
    await send('{"amount":"a lot"}');
    const { error } = await untilEnded(runId);
    expect(error).toMatchObject({ code: "schema_mismatch" });
    expect(error?.message).toMatch(/amount/);
    expect((await runOf(other)).state.kind).toBe("waiting");
    await cancel(other);
  });

  it.each([
    ["{", /JSON/],
    ["undefined", /JSON/],
  ])("whose data is %s is refused", async (data, message) => {
    const runId = await start(WAITS);
    const before = await stored(runId);
    await expectRefused(send(data), "invalid_argument", message);
    expect(await stored(runId)).toEqual(before);
    await cancel(runId);
  });

  it.each(["", "a b", "x".repeat(300)])(
    "named “%s” is refused",
    async (name) => {
      await expectRefused(send("{}", name), "invalid_argument", /name/);
    },
  );

  it("is not sent to a run that has ended", async () => {
    const runId = await start(`().code("a", () => 1)`);
    const sending = owner.mutation(api.events.sendToRun, {
      runId,
      name: "order.paid",
    });
    await expectRefused(sending, "already_ended", /Run #1 has already ended/);
  });
});

describe("what has ended", () => {
  it.each([
    ["completed", `().code("a", () => 1)`],
    ["failed", `().fail("f", "no")`],
    ["cancelled", `().delay("d", "1h")`],
  ])("as %s is not cancelled", async (kind, chain) => {
    const runId = await start(chain);
    if (kind === "cancelled") await cancel(runId);
    expect((await untilEnded(runId)).state.kind).toBe(kind);
    const before = await stored(runId);
    await expectRefused(cancel(runId), "already_ended", /#1 has already ended/);
    expect(await stored(runId)).toEqual(before);
  });

  it("is not started, and its steps are neither skipped nor retried", async () => {
    const runId = await start(`().delay("d", 0)`);
    await untilEnded(runId);
    const [step] = await owner.query(api.stepExecutions.listByRun, { runId });
    const of = { runId, stepKey: present(step).key };
    const { stepExecutions, workflowRuns } = api;
    await expectRefused(
      owner.mutation(stepExecutions.skipDelay, of),
      "conflict",
      /./,
    );
    await expectRefused(
      owner.mutation(stepExecutions.retryNow, of),
      "conflict",
      /./,
    );
    await expectRefused(
      owner.mutation(workflowRuns.startNow, { runId }),
      "conflict",
      /not queued any more/,
    );
  });
});

describe("a run of a workflow that was deleted", () => {
  it.each(["original", "current"] as const)(
    "is not replayed on its %s version, and can still be read",
    async (version) => {
      const runId = await start(`().code("a", () => 1)`);
      const { workflowId } = await runOf(runId);
      await owner.mutation(api.workflows.remove, { workflowId });
      const before = await stored(runId);
      await expectRefused(
        owner.mutation(api.workflowRuns.replay, { runId, version }),
        "workflow_removed",
        /"Flow" was deleted, so its runs cannot be replayed/,
      );
      await expectRefused(
        owner.mutation(api.workflowRuns.replay, {
          runId,
          version,
          fromStep: "a",
        }),
        "workflow_removed",
        /was deleted/,
      );
      expect(await stored(runId)).toEqual(before);
      expect((await runOf(runId)).state.kind).toBe("completed");
    },
  );
});

describe("a workflow that runs itself", () => {
  it("ends after eight runs, each of which says why", async () => {
    const runId = await start(`().run("again", { workflow: "flow" })`);
    const { error } = await untilEnded(runId);
    expect(error).toMatchObject({
      code: "child_failed",
      cause: {
        name: "RunStartError",
        message: expect.stringMatching(/8 deep/),
      },
    });
    const runs = await t.run(({ db }) => db.query("workflowRuns").collect());
    expect(runs).toHaveLength(8);
    expect(runs.every(({ state }) => state.kind === "failed")).toBe(true);
  });

  it("ends too when it does not wait for itself", async () => {
    const runId = await start(
      `().run("again", { workflow: "flow", wait: false })`,
    );
    expect((await untilEnded(runId)).state.kind).toBe("completed");
    const all = async () =>
      await t.run(({ db }) => db.query("workflowRuns").collect());
    while ((await all()).some(({ endedAt }) => endedAt === null))
      await new Promise((resolve) => setTimeout(resolve, 20));
    const states = (await all()).map(({ state }) => state.kind);
    expect(states.filter((kind) => kind === "failed")).toHaveLength(1);
    expect(states).toHaveLength(8);
  });

  it.each([["nobody-knows", /"nobody-knows" could not be started/]])(
    "or runs %s is told so where it is written",
    async (slug, message) => {
      const runId = await start(`()\n.run("other", { workflow: "${slug}" })`);
      const { error } = await untilEnded(runId);
      expect(error?.message).toMatch(message);
      expect(error?.frames?.[0]?.line).toBe(3);
    },
  );
});
