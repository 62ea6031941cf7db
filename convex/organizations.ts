import { v } from "convex/values";
import { mutation, query } from "./functions";
import { findRole, requireViewer } from "./model/access";
import { createOrganization, findOrganization } from "./model/organizations";
import { vRole } from "./validators";

/** The caller becomes its owner. */
export const create = mutation({
  args: { name: v.string() },
  returns: v.object({ slug: v.string() }),
  handler: async (ctx, { name }) => {
    const viewer = await requireViewer(ctx);
    return await createOrganization(ctx, { name, ownerId: viewer.userId });
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
    }),
    v.null(),
  ),
  handler: async (ctx, { slug }) => {
    const organization = await findOrganization(ctx, slug);
    if (organization === null) return null;
    const role = await findRole(ctx, organization._id);
    if (role === null) return null;
    return { _id: organization._id, name: organization.name, slug, role };
  },
});
