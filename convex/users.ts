import { v } from "convex/values";
import { query } from "./functions";
import { findViewer } from "./model/access";
import { organizationsOf } from "./model/organizations";
import { vRole } from "./validators/organizations";

/** Who is signed in, and where they work; null when signed out. */
export const viewer = query({
  args: {},
  returns: v.union(
    v.object({
      userId: v.id("users"),
      name: v.string(),
      email: v.union(v.string(), v.null()),
      organizations: v.array(
        v.object({
          _id: v.id("organizations"),
          name: v.string(),
          slug: v.string(),
          role: vRole,
        }),
      ),
    }),
    v.null(),
  ),
  handler: async (ctx) => {
    const found = await findViewer(ctx);
    if (found === null) return null;
    const organizations = await organizationsOf(ctx, found.userId);
    return {
      ...found,
      organizations: organizations.map(({ organization, role }) => ({
        _id: organization._id,
        name: organization.name,
        slug: organization.slug,
        role,
      })),
    };
  },
});

/** Nobody has an account yet: the page offers to create the owner. */
export const isFirstVisit = query({
  args: {},
  returns: v.boolean(),
  handler: async (ctx) => (await ctx.db.query("users").first()) === null,
});
