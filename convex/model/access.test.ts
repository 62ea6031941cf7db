import { beforeEach, describe, expect, it } from "vitest";
import {
  addMember,
  createWorkspace,
  type Member,
  type Product,
  signUp,
  startProduct,
  type Workspace,
} from "../../tests/support/product-test";
import { api } from "../_generated/api";
import type { Id } from "../_generated/dataModel";
import { must } from "../errors";
import type { Role } from "../validators/organizations";
import { can, type Permission } from "./access";

let t: Product;
let workspace: Workspace;
let workflowId: Id<"workflows">;
beforeEach(async () => {
  t = startProduct();
  workspace = await createWorkspace(t);
  const { owner, organizationId } = workspace;
  const created = { organizationId, name: "Report" };
  ({ workflowId } = await owner.mutation(api.workflows.create, created));
});

const rename = (who: Product | Member) =>
  who.mutation(api.workflows.update, { workflowId, name: "Renamed" });

describe("a role", () => {
  it.each<[Role, Permission[]]>([
    ["owner", ["view", "approve", "operate", "edit", "manage"]],
    ["admin", ["view", "approve", "operate", "edit", "manage"]],
    ["editor", ["view", "approve", "operate", "edit"]],
    ["operator", ["view", "approve", "operate"]],
    ["approver", ["view", "approve"]],
    ["viewer", ["view"]],
  ])("%s can %j", (role, allowed) => {
    const all: Permission[] = ["view", "approve", "operate", "edit", "manage"];
    expect(all.filter((permission) => can(role, permission))).toEqual(allowed);
  });

  it.each<Role>(["owner", "admin", "editor"])(
    "%s may change a workflow",
    async (role) => {
      await rename(await addMember(t, workspace.organizationId, role));
      const found = await workspace.owner.query(api.workflows.get, {
        workflowId,
      });
      expect(found?.name).toBe("Renamed");
    },
  );

  it.each<Role>(["operator", "approver", "viewer"])(
    "%s sees a workflow and may not change it",
    async (role) => {
      const member = await addMember(t, workspace.organizationId, role);
      expect(
        await member.query(api.workflows.get, { workflowId }),
      ).toMatchObject({ name: "Report", role });
      await expect(rename(member)).rejects.toMatchObject({
        data: { code: "forbidden" },
      });
    },
  );
});

describe("to everybody else", () => {
  it("a workflow does not exist", async () => {
    const stranger = await signUp(t, "Stranger");
    expect(await stranger.query(api.workflows.get, { workflowId })).toBeNull();
    await expect(rename(stranger)).rejects.toMatchObject({
      data: { code: "not_found" },
    });
  });

  it("nothing is left when a member's role is taken away, and a new one is what counts", async () => {
    const { organizationId } = workspace;
    const member = await addMember(t, organizationId, "editor");
    await rename(member);
    const viewer = await member.query(api.users.viewer);
    const userId = must(viewer, "the member").userId;
    await t.run(async ({ db }) => {
      const all = await db.query("memberships").collect();
      for (const row of all)
        if (row.userId === userId) await db.delete("memberships", row._id);
    });
    expect(await member.query(api.workflows.get, { workflowId })).toBeNull();
    await expect(rename(member)).rejects.toMatchObject({
      data: { code: "not_found" },
    });
    await t.run(({ db }) =>
      db.insert("memberships", { organizationId, userId, role: "viewer" }),
    );
    await expect(rename(member)).rejects.toMatchObject({
      data: { code: "forbidden" },
    });
  });

  it("nothing works without signing in", async () => {
    expect(await t.query(api.users.viewer)).toBeNull();
    expect(await t.query(api.workflows.get, { workflowId })).toBeNull();
    await expect(rename(t)).rejects.toMatchObject({
      data: { code: "not_signed_in" },
    });
  });

  it("nothing works with an account that is gone", async () => {
    const { owner } = workspace;
    const viewer = await owner.query(api.users.viewer);
    await t.run(async ({ db }) => {
      if (viewer !== null) await db.delete("users", viewer.userId);
    });
    await expect(rename(owner)).rejects.toMatchObject({
      data: { code: "not_signed_in" },
    });
  });
});
