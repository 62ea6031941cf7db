import { describe, expect, it } from "vitest";
import {
  createWorkspace,
  signUp,
  startProduct,
} from "../tests/support/product-test";
import { api } from "./_generated/api";

describe("an organization", () => {
  it("belongs to whoever created it", async () => {
    const t = startProduct();
    expect(await t.query(api.users.isFirstVisit)).toBe(true);
    const { owner, organizationId } = await createWorkspace(t);
    expect(await t.query(api.users.isFirstVisit)).toBe(false);
    expect(await owner.query(api.users.viewer)).toMatchObject({
      name: "Tess Owner",
      organizations: [
        { _id: organizationId, slug: "test-bench", role: "owner" },
      ],
    });
  });

  it("gets an address that is free, also when two are created at once", async () => {
    const t = startProduct();
    const ann = await signUp(t, "Ann");
    const created = await Promise.all(
      ["Acme", "Acme", "ACME!"].map((name) =>
        ann.mutation(api.organizations.create, { name }),
      ),
    );
    const slugs = created.map(({ slug }) => slug);
    expect(new Set(slugs).size).toBe(3);
    expect(slugs[0]).toBe("acme");
  });

  it("is hidden from people who are no members", async () => {
    const t = startProduct();
    await createWorkspace(t);
    const stranger = await signUp(t, "Stranger");
    const slug = "test-bench";
    expect(
      await stranger.query(api.organizations.getBySlug, { slug }),
    ).toBeNull();
  });

  it("is renamed by those who manage it, and keeps its address", async () => {
    const t = startProduct();
    const { owner, organizationId } = await createWorkspace(t);
    const stranger = await signUp(t, "Stranger");
    const { rename, getBySlug } = api.organizations;
    await owner.mutation(rename, { organizationId, name: "  Night shift " });
    await expect(
      stranger.mutation(rename, { organizationId, name: "Mine" }),
    ).rejects.toMatchObject({ data: { code: "not_found" } });
    await expect(
      owner.mutation(rename, { organizationId, name: " " }),
    ).rejects.toMatchObject({
      data: { code: "invalid_argument", field: "name" },
    });
    expect(await owner.query(getBySlug, { slug: "test-bench" })).toMatchObject({
      name: "Night shift",
      slug: "test-bench",
    });
  });

  it("limits how many runs go at once, or does not", async () => {
    const t = startProduct();
    const { owner, organizationId } = await createWorkspace(t);
    const { setRunConcurrency, getBySlug } = api.organizations;
    const shown = async () =>
      (await owner.query(getBySlug, { slug: "test-bench" }))?.runConcurrency;
    expect(await shown()).toBeNull();
    await owner.mutation(setRunConcurrency, { organizationId, limit: 3 });
    expect(await shown()).toBe(3);
    for (const limit of [0, -1, 2.5, 1_001, Infinity])
      await expect(
        owner.mutation(setRunConcurrency, { organizationId, limit }),
      ).rejects.toMatchObject({
        data: { code: "invalid_argument", field: "limit" },
      });
    await owner.mutation(setRunConcurrency, { organizationId, limit: null });
    expect(await shown()).toBeNull();
  });
});
