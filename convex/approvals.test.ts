import { beforeEach, describe, expect, it } from "vitest";
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

let t: Product;
let workspace: Workspace;
beforeEach(async () => {
  t = startProduct();
  workspace = await createWorkspace(t);
});

/** A run that asks `title`, with `options` of the step as source text. */
async function ask(title: string, options = ""): Promise<void> {
  const { owner, organizationId } = workspace;
  const source = `import { workflow } from "lockstep";
export default workflow().approval("boss", { title: ${JSON.stringify(title)}, ${options} })`;
  const create = { organizationId, name: title, source };
  const { workflowId } = await owner.mutation(api.workflows.create, create);
  await owner.mutation(api.workflowVersions.publish, { workflowId });
  await owner.mutation(api.workflowRuns.create, { workflowId, input: "{}" });
}

type View = "due" | "undated" | "over";

async function listed(who: Member, view: View, mine = false) {
  const { organizationId } = workspace;
  const { page } = await who.query(api.approvals.list, {
    organizationId,
    view,
    mine,
    paginationOpts: { numItems: 10, cursor: null },
  });
  return page;
}

const titles = async (who: Member, view: View, mine = false) =>
  (await listed(who, view, mine)).map(({ title }) => title);

const countMine = async (who: Member) =>
  await who.query(api.approvals.countMine, {
    organizationId: workspace.organizationId,
  });

async function decideFirst(who: Member, view: View): Promise<void> {
  const [first] = await listed(who, view);
  if (first === undefined) throw new Error("nothing is asked");
  const vote = { approvalId: first._id, approved: true };
  await who.mutation(api.approvals.decide, vote);
}

describe("the list of approvals", () => {
  it("has those with a time limit by that limit, and those without by age", async () => {
    await ask("in a week", 'timeout: "7d"');
    await ask("first");
    await ask("in a day", 'timeout: "1d"');
    await ask("second");
    expect(await titles(workspace.owner, "due")).toEqual([
      "in a day",
      "in a week",
    ]);
    expect(await titles(workspace.owner, "undated")).toEqual([
      "first",
      "second",
    ]);
  });

  it("says where each was asked, and moves it to what is over when it is decided", async () => {
    await ask("Refund?");
    const [open] = await listed(workspace.owner, "undated");
    expect(open).toMatchObject({
      workflowName: "Refund?",
      runNumber: 1,
      stepKey: "boss",
      quorum: 1,
      outcome: null,
      decidedAt: null,
      isMine: true,
    });
    await decideFirst(workspace.owner, "undated");
    expect(await titles(workspace.owner, "undated")).toEqual([]);
    const [over] = await listed(workspace.owner, "over");
    expect(over).toMatchObject({
      outcome: "approved",
      approvals: 1,
      isMine: false,
    });
    expect(over?.decidedAt).toEqual(expect.any(Number));
  });

  it("marks and counts what the caller may decide", async () => {
    const { organizationId, owner } = workspace;
    const approver = await addMember(t, organizationId, "approver");
    const viewer = await addMember(t, organizationId, "viewer");
    await ask("For owners", 'approvers: ["owner"], timeout: "1d"');
    await ask("For all");
    expect(await titles(approver, "due", true)).toEqual([]);
    expect(await titles(approver, "undated", true)).toEqual(["For all"]);
    expect(await titles(viewer, "undated", false)).toEqual(["For all"]);
    const counts = await Promise.all([owner, approver, viewer].map(countMine));
    expect(counts).toEqual([2, 1, 0]);
  });

  it("no longer counts what the caller has approved while others still have to", async () => {
    await ask("Twice", "quorum: 2");
    await decideFirst(workspace.owner, "undated");
    expect(await countMine(workspace.owner)).toBe(0);
    const [open] = await listed(workspace.owner, "undated");
    expect(open).toMatchObject({ approvals: 1, quorum: 2, isMine: false });
  });

  it("moves what a cancelled run asked to what is over", async () => {
    await ask("Withdrawn");
    const [open] = await listed(workspace.owner, "undated");
    if (open === undefined) throw new Error("nothing is asked");
    const { runId } = open;
    await workspace.owner.mutation(api.workflowRuns.cancel, { runId });
    const [over] = await listed(workspace.owner, "over");
    expect(over).toMatchObject({ title: "Withdrawn", outcome: "cancelled" });
  });

  it("is empty for people outside the organization", async () => {
    await ask("Secret");
    const stranger = await signUp(t, "Stranger");
    expect(await titles(stranger, "undated")).toEqual([]);
    expect(await countMine(stranger)).toBe(0);
  });
});
