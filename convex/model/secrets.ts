/** Writer of `secrets`. */
import type { Doc, Id } from "../_generated/dataModel";
import { userError } from "../errors";
import type { MutationCtx, QueryCtx } from "../functions";
import type { Encrypted } from "./secretCipher";

export const MAX_SECRETS = 500;
const MAX_VALUE_CHARS = 16 * 1024;

export function requireSecret(name: string, value: string): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,99}$/.test(name))
    throw userError(
      "invalid_argument",
      "The name of a secret has letters, digits and underscores, such as STRIPE_KEY.",
      { field: "name" },
    );
  if (value === "" || value.length > MAX_VALUE_CHARS)
    throw userError(
      "invalid_argument",
      `A secret has 1 to ${MAX_VALUE_CHARS} characters.`,
      { field: "value" },
    );
}

export async function findSecret(
  ctx: QueryCtx,
  organizationId: Id<"organizations">,
  name: string,
): Promise<Doc<"secrets"> | null> {
  return await ctx.db
    .query("secrets")
    .withIndex("by_organizationId_and_name", (q) =>
      q.eq("organizationId", organizationId).eq("name", name),
    )
    .unique();
}

export async function storeSecret(
  ctx: MutationCtx,
  organizationId: Id<"organizations">,
  secret: { name: string } & Encrypted,
): Promise<void> {
  const row = { organizationId, ...secret, updatedAt: Date.now() };
  const found = await findSecret(ctx, organizationId, secret.name);
  if (found !== null) return await ctx.db.replace("secrets", found._id, row);
  const others = await secretsOf(ctx, organizationId);
  if (others.length >= MAX_SECRETS)
    throw userError(
      "conflict",
      `An organization has at most ${MAX_SECRETS} secrets; remove one first.`,
    );
  await ctx.db.insert("secrets", row);
}

export async function secretsOf(
  ctx: QueryCtx,
  organizationId: Id<"organizations">,
): Promise<Doc<"secrets">[]> {
  return await ctx.db
    .query("secrets")
    .withIndex("by_organizationId_and_name", (q) =>
      q.eq("organizationId", organizationId),
    )
    .take(MAX_SECRETS);
}
