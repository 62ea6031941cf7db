import { beforeEach, describe, expect, it } from "vitest";
import { present } from "../tests/support/executor/present";
import {
  addMember,
  createWorkspace,
  type Member,
  type Product,
  signUp,
  startProduct,
  type Workspace,
} from "../tests/support/product-test";
import { api } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import type { Role } from "./validators/organizations";

let t: Product;
let workspace: Workspace;
let owner: Member;
let workflowId: Id<"workflows">;

const sourceWith = (steps: string, head = "") =>
  `import { workflow, z } from "lockstep";\nexport default workflow(${head})${steps};\n`;
const FIRST = sourceWith(`.code("a", () => 1)`);
const SECOND = sourceWith(
  `.code("a", () => 2).code("b", () => 3)`,
  `{ input: z.object({ n: z.number() }) }`,
);

beforeEach(async () => {
  t = startProduct();
  workspace = await createWorkspace(t);
  owner = workspace.owner;
  const { organizationId } = workspace;
  const created = { organizationId, name: "Flow", source: FIRST };
  ({ workflowId } = await owner.mutation(api.workflows.create, created));
});

async function publish(source?: string): Promise<Id<"workflowVersions">> {
  if (source !== undefined)
    await owner.mutation(api.workflows.saveDraft, { workflowId, source });
  const result = await owner.mutation(api.workflowVersions.publish, {
    workflowId,
  });
  if (result.kind === "refused") throw new Error("refused");
  return result.versionId;
}

const details = async () =>
  present(await owner.query(api.workflows.get, { workflowId }));

const code = (expected: string) => ({ data: { code: expected } });

describe("comparing", () => {
  it("says what differs between two versions: steps, input and triggers", async () => {
    const from = await publish();
    await owner.mutation(api.triggers.createEvent, {
      workflowId,
      event: "order.paid",
    });
    const to = await publish(SECOND);
    const found = present(
      await owner.query(api.workflowVersions.compare, { from, to }),
    );
    expect(found.from).toMatchObject({ number: 1, source: FIRST });
    expect(found.to).toMatchObject({ number: 2, source: SECOND });
    expect(
      found.graph?.steps.map(({ path, change, parts }) => [
        path,
        change,
        parts,
      ]),
    ).toEqual([
      ["a", "changed", ["code"]],
      ["b", "added", []],
    ]);
    expect(found.input?.map(({ path }) => path)).toEqual(["", "n"]);
    const config = { kind: "event", event: "order.paid" };
    expect(found.triggers).toEqual([
      { before: null, after: { enabled: true, config } },
    ]);
  });

  it("compares with the draft as it is, also when it does not compile", async () => {
    const from = await publish();
    const compare = () =>
      owner.query(api.workflowVersions.compare, { from, to: "draft" });
    expect(await compare()).toMatchObject({
      to: { number: null },
      graph: { steps: [], options: [], otherCode: false },
      input: [],
      triggers: [],
    });
    const source = sourceWith(`.code("a", () =>`);
    await owner.mutation(api.workflows.saveDraft, { workflowId, source });
    const broken = present(await compare());
    expect(broken).toMatchObject({ graph: null, input: null, triggers: [] });
    expect(broken.to.diagnostics).toHaveLength(1);
  });

  it("claims nothing of triggers that an old version did not keep", async () => {
    const from = await publish();
    const to = await publish();
    await t.run(({ db }) =>
      db.patch("workflowVersions", from, { triggers: undefined }),
    );
    const found = await owner.query(api.workflowVersions.compare, { from, to });
    expect(found).toMatchObject({ triggers: null });
  });

  it("refuses versions of two workflows, and shows strangers nothing", async () => {
    const from = await publish();
    const { organizationId } = workspace;
    const other = await owner.mutation(api.workflows.create, {
      organizationId,
      name: "Other",
    });
    const published = await owner.mutation(api.workflowVersions.publish, {
      workflowId: other.workflowId,
    });
    if (published.kind === "refused") throw new Error("refused");
    const to = published.versionId;
    await expect(
      owner.query(api.workflowVersions.compare, { from, to }),
    ).rejects.toMatchObject(code("invalid_argument"));
    const stranger = await signUp(t, "Stranger");
    expect(
      await stranger.query(api.workflowVersions.compare, { from, to }),
    ).toBeNull();
  });
});

describe("restoring", () => {
  it("puts the version into the draft and keeps what was in it", async () => {
    const versionId = await publish();
    const source = sourceWith(`.code("mine", () => 7)`);
    await owner.mutation(api.workflows.saveDraft, { workflowId, source });
    const { keptDraftId } = await owner.mutation(api.workflowVersions.restore, {
      versionId,
    });
    expect(await details()).toMatchObject({
      draftSource: FIRST,
      hasDraftChanges: false,
    });
    const kept = await owner.query(api.drafts.listKept, { workflowId });
    expect(kept).toMatchObject([
      { _id: keptDraftId, replacedBy: "version 1", by: "Tess Owner", lines: 3 },
    ]);
    await owner.mutation(api.drafts.bringBack, {
      keptDraftId: present(keptDraftId),
    });
    expect(await details()).toMatchObject({
      draftSource: source,
      hasDraftChanges: true,
    });
    expect(await owner.query(api.drafts.listKept, { workflowId })).toEqual([]);
  });

  it("keeps nothing when nothing would be lost", async () => {
    const versionId = await publish();
    await publish(SECOND);
    const { keptDraftId } = await owner.mutation(api.workflowVersions.restore, {
      versionId,
    });
    expect(keptDraftId).toBeNull();
    expect(await details()).toMatchObject({
      draftSource: FIRST,
      hasDraftChanges: true,
      publishedVersion: { number: 2 },
    });
  });

  it("keeps the last twenty drafts", async () => {
    const versionId = await publish();
    for (let n = 0; n < 22; n++) {
      const source = sourceWith(`.code("a", () => ${n + 100})`);
      await owner.mutation(api.workflows.saveDraft, { workflowId, source });
      await owner.mutation(api.workflowVersions.restore, { versionId });
    }
    const kept = await owner.query(api.drafts.listKept, { workflowId });
    expect(kept).toHaveLength(20);
    const newest = present(kept[0])._id;
    const shown = await owner.query(api.drafts.getKept, {
      keptDraftId: newest,
    });
    expect(shown?.source).toContain("121");
  });

  it("makes a new workflow of a version, also of one whose workflow is gone", async () => {
    const versionId = await publish();
    await owner.mutation(api.workflows.remove, { workflowId });
    await expect(
      owner.mutation(api.workflowVersions.restore, { versionId }),
    ).rejects.toMatchObject(code("not_found"));
    const made = await owner.mutation(api.workflowVersions.restoreAsWorkflow, {
      versionId,
      name: "Again",
    });
    const again = await owner.query(api.workflows.get, {
      workflowId: made.workflowId,
    });
    expect(again).toMatchObject({ draftSource: FIRST, status: "draft" });
  });
});

describe("rolling back", () => {
  it("makes an older version the current one, and runs keep theirs", async () => {
    const first = await publish();
    await publish(SECOND);
    const start = () =>
      owner.mutation(api.workflowRuns.create, {
        workflowId,
        input: `{"n":1}`,
      });
    const before = await start();
    await owner.mutation(api.workflowVersions.rollBack, {
      versionId: first,
      note: "b breaks",
    });
    const after = await start();
    const versionOf = async ({ runId }: typeof before) =>
      (await owner.query(api.workflowRuns.get, { runId }))?.versionNumber;
    expect([await versionOf(before), await versionOf(after)]).toEqual([2, 1]);
    const { page } = await owner.query(api.workflowVersions.list, {
      workflowId,
      paginationOpts: { numItems: 10, cursor: null },
    });
    expect(page.map(({ number, rolledBack }) => [number, rolledBack])).toEqual([
      [2, null],
      [1, expect.objectContaining({ fromNumber: 2, note: "b breaks" })],
    ]);
    expect(await details()).toMatchObject({
      publishedVersion: { number: 1 },
      draftSource: SECOND,
      hasDraftChanges: true,
      nextVersion: 3,
    });
    await publish();
    expect(await details()).toMatchObject({ publishedVersion: { number: 3 } });
  });

  it("is refused for the current version", async () => {
    const versionId = await publish();
    await expect(
      owner.mutation(api.workflowVersions.rollBack, { versionId }),
    ).rejects.toMatchObject(code("conflict"));
  });
});

it("what versions do is counted from the newest runs", async () => {
  const first = await publish();
  const run = () =>
    owner.mutation(api.workflowRuns.create, { workflowId, input: "{}" });
  await run();
  const { runId } = await run();
  const found = await owner.query(api.workflowVersions.activity, {
    workflowId,
  });
  expect(found).toEqual({
    looked: 2,
    versions: [
      {
        versionId: first,
        runs: 2,
        failed: 0,
        active: 0,
        lastRun: { _id: runId, state: { kind: "completed" } },
      },
    ],
  });
});

describe("rights", () => {
  const act = (member: Member, versionId: Id<"workflowVersions">) => [
    member.mutation(api.workflowVersions.restore, { versionId }),
    member.mutation(api.workflowVersions.rollBack, { versionId }),
    member.mutation(api.workflowVersions.restoreAsWorkflow, {
      versionId,
      name: "Mine",
    }),
  ];

  it.each<Role>(["operator", "approver", "viewer"])(
    "a %s compares, but restores nothing",
    async (role) => {
      const versionId = await publish();
      const member = await addMember(t, workspace.organizationId, role);
      for (const attempt of act(member, versionId))
        await expect(attempt).rejects.toMatchObject(code("forbidden"));
      const args = { from: versionId, to: "draft" } as const;
      expect(
        await member.query(api.workflowVersions.compare, args),
      ).not.toBeNull();
    },
  );

  it("a stranger sees and does nothing", async () => {
    const versionId = await publish();
    const source = sourceWith(`.code("mine", () => 7)`);
    await owner.mutation(api.workflows.saveDraft, { workflowId, source });
    const { keptDraftId } = await owner.mutation(api.workflowVersions.restore, {
      versionId,
    });
    const stranger = await signUp(t, "Stranger");
    for (const attempt of act(stranger, versionId))
      await expect(attempt).rejects.toMatchObject(code("not_found"));
    const kept = { keptDraftId: present(keptDraftId) };
    await expect(
      stranger.mutation(api.drafts.bringBack, kept),
    ).rejects.toMatchObject(code("not_found"));
    expect(await stranger.query(api.drafts.getKept, kept)).toBeNull();
    expect(await stranger.query(api.drafts.listKept, { workflowId })).toEqual(
      [],
    );
  });
});
