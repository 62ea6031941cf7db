import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  addMember,
  createWorkspace,
  type Product,
  startProduct,
  type Workspace,
} from "../tests/support/product-test";
import { api, internal } from "./_generated/api";
import { decryptSecret } from "./model/secretCipher";

let t: Product;
let workspace: Workspace;
beforeEach(async () => {
  vi.stubEnv("SECRETS_KEY", randomBytes(32).toString("base64"));
  t = startProduct();
  workspace = await createWorkspace(t);
});
afterEach(() => void vi.unstubAllEnvs());

const namesOf = async ({ owner, organizationId }: Workspace) =>
  (await owner.query(api.secrets.list, { organizationId })).map(
    ({ name }) => name,
  );

describe("a secret", () => {
  it("is stored encrypted and listed by name", async () => {
    const { owner, organizationId } = workspace;
    const secret = { organizationId, name: "API_KEY", value: "s3cret value" };
    await owner.action(api.secrets.set, secret);
    expect(await namesOf(workspace)).toEqual(["API_KEY"]);
    const stored = await t.run(({ db }) => db.query("secrets").collect());
    expect(JSON.stringify(stored)).not.toContain("s3cret value");
  });

  it("is replaced by setting it again, and reaches the worker", async () => {
    const { owner, organizationId } = workspace;
    for (const value of ["old", "new"])
      await owner.action(api.secrets.set, {
        organizationId,
        name: "API_KEY",
        value,
      });
    const encrypted = await t.query(internal.secrets.encryptedByNames, {
      organizationId,
      names: ["API_KEY", "MISSING", "API_KEY"],
    });
    expect(encrypted).toHaveLength(1);
    const [row] = encrypted;
    expect(row && (await decryptSecret(row))).toBe("new");
  });

  it("comes with a warning when it is too short to be hidden", async () => {
    const { owner, organizationId } = workspace;
    const set = async (value: string) =>
      await owner.action(api.secrets.set, {
        organizationId,
        name: "PIN",
        value,
      });
    const { warning } = await set("123");
    expect(warning).toMatch(/fewer than 4 characters is not hidden/);
    expect(await set("1234")).toEqual({ warning: null });
  });

  it("is set and removed by editors only", async () => {
    const { owner, organizationId } = workspace;
    const secret = { organizationId, name: "API_KEY", value: "x" };
    const viewer = await addMember(t, organizationId, "viewer");
    const forbidden = { data: { code: "forbidden" } };
    await expect(viewer.action(api.secrets.set, secret)).rejects.toMatchObject(
      forbidden,
    );
    await owner.action(api.secrets.set, secret);
    const removed = { organizationId, name: "API_KEY" };
    await expect(
      viewer.mutation(api.secrets.remove, removed),
    ).rejects.toMatchObject(forbidden);
    await owner.mutation(api.secrets.remove, removed);
    expect(await namesOf(workspace)).toEqual([]);
    await expect(
      owner.mutation(api.secrets.remove, removed),
    ).rejects.toMatchObject({ data: { code: "not_found" } });
  });
});
