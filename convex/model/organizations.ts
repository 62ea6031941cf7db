/** Writer of `organizations` and `memberships`. */
import type { Doc, Id } from "../_generated/dataModel";
import { internal } from "../_generated/api";
import { userError } from "../errors";
import type { MutationCtx, QueryCtx } from "../functions";
import { MAX_AT_ONCE } from "../language/flowRanges";
import type { Role } from "../validators/organizations";
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

export async function renameOrganization(
  ctx: MutationCtx,
  organizationId: Id<"organizations">,
  wanted: string,
): Promise<void> {
  const name = checkedName(wanted, "organization");
  await ctx.db.patch("organizations", organizationId, { name });
}

/**
 * How many runs of the organization go at once; null: as many as come. Each workflow carries a mark, so that starts
 * without any limit need not read the organization. Runs that are under way already are not counted.
 */
export async function setRunConcurrency(
  ctx: MutationCtx,
  organizationId: Id<"organizations">,
  limit: number | null,
): Promise<void> {
  if (limit !== null && !isLimit(limit))
    throw userError(
      "invalid_argument",
      `The limit is a whole number from 1 to ${MAX_AT_ONCE}.`,
      { field: "limit" },
    );
  const runConcurrency = limit ?? undefined;
  await ctx.db.patch("organizations", organizationId, { runConcurrency });
  const workflows = await ctx.db
    .query("workflows")
    .withIndex("by_organizationId", (q) =>
      q.eq("organizationId", organizationId),
    )
    .collect();
  const sharesRoom = limit === null ? undefined : true;
  for (const workflow of workflows)
    if (workflow.sharesRoom !== sharesRoom)
      await ctx.db.patch("workflows", workflow._id, { sharesRoom });
  const { promoteOrganization } = internal.executor.queuedRuns;
  await ctx.scheduler.runAfter(0, promoteOrganization, { organizationId });
}

function isLimit(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MAX_AT_ONCE;
}
