import { v } from "convex/values";
import { mutation, query } from "./functions";
import { findRole, requireOrganization, requireViewer } from "./model/access";
import * as model from "./model/organizations";
import { vRole } from "./validators/organizations";

/** The caller becomes its owner. */
export const create = mutation({
  args: { name: v.string() },
  returns: v.object({ slug: v.string() }),
  handler: async (ctx, { name }) => {
    const viewer = await requireViewer(ctx);
    return await model.createOrganization(ctx, {
      name,
      ownerId: viewer.userId,
    });
  },
});

/** Null when it does not exist or the caller is not a member. */
export const getBySlug = query({
  args: { slug: v.string() },
  returns: v.union(
    v.object({
      _id: v.id("organizations"),
      name: v.string(),
      slug: v.string(),
      role: vRole,
      /** Runs at once, of all its workflows; null: as many as come. */
      runConcurrency: v.union(v.number(), v.null()),
    }),
    v.null(),
  ),
  handler: async (ctx, { slug }) => {
    const organization = await model.findOrganization(ctx, slug);
    if (organization === null) return null;
    const role = await findRole(ctx, organization._id);
    if (role === null) return null;
    const { _id, name, runConcurrency = null } = organization;
    return { _id, name, slug, role, runConcurrency };
  },
});

/** Its address stays as it is. */
export const rename = mutation({
  args: { organizationId: v.id("organizations"), name: v.string() },
  returns: v.null(),
  handler: async (ctx, { organizationId, name }) => {
    await requireOrganization(ctx, organizationId, "manage");
    await model.renameOrganization(ctx, organizationId, name);
    return null;
  },
});

/** How many runs of the organization go at once; null: as many as come. */
export const setRunConcurrency = mutation({
  args: {
    organizationId: v.id("organizations"),
    limit: v.union(v.number(), v.null()),
  },
  returns: v.null(),
  handler: async (ctx, { organizationId, limit }) => {
    await requireOrganization(ctx, organizationId, "manage");
    await model.setRunConcurrency(ctx, organizationId, limit);
    return null;
  },
});
