/** Writer of `organizations` and `memberships`. */
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../functions";
import type { Role } from "../validators";
import { checkedName } from "./names";
import { freeSlug } from "./slugs";

export async function createOrganization(
  ctx: MutationCtx,
  options: { name: string; ownerId: Id<"users"> },
): Promise<{ slug: string }> {
  const name = checkedName(options.name, "organization");
  const slug = await freeSlug(name, async (candidate) => {
    return (await findOrganization(ctx, candidate)) !== null;
  });
  const organizationId = await ctx.db.insert("organizations", { name, slug });
  await ctx.db.insert("memberships", {
    organizationId,
    userId: options.ownerId,
    role: "owner",
  });
  return { slug };
}

export async function findOrganization(
  ctx: QueryCtx,
  slug: string,
): Promise<Doc<"organizations"> | null> {
  return await ctx.db
    .query("organizations")
    .withIndex("by_slug", (q) => q.eq("slug", slug))
    .unique();
}

/** At most 100, in the order in which they were joined. */
export async function organizationsOf(
  ctx: QueryCtx,
  userId: Id<"users">,
): Promise<{ organization: Doc<"organizations">; role: Role }[]> {
  const memberships = await ctx.db
    .query("memberships")
    .withIndex("by_userId_and_organizationId", (q) => q.eq("userId", userId))
    .take(100);
  const found = await Promise.all(
    memberships.map(async ({ organizationId, role }) => ({
      organization: await ctx.db.get("organizations", organizationId),
      role,
    })),
  );
  return found.flatMap(({ organization, role }) =>
    organization === null ? [] : [{ organization, role }],
  );
}
