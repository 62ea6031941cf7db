import { v } from "convex/values";
import { internal } from "./_generated/api";
import { notFound } from "./errors";
import {
  action,
  internalMutation,
  internalQuery,
  mutation,
  query,
} from "./functions";
import { findRole, requireOrganization } from "./model/access";
import { encryptSecret } from "./model/secretCipher";
import * as model from "./model/secrets";
import { isTooShortToHide } from "./steps/secretMask";

const NOT_HIDDEN =
  "A value of fewer than 4 characters is not hidden in outputs, errors and logs, because it would hide ordinary text too.";

const vEncrypted = {
  name: v.string(),
  keyId: v.string(),
  iv: v.string(),
  ciphertext: v.string(),
};

/**
 * An action, because encryption needs a random IV. The value is stored nowhere else. `warning` is a sentence for who has set
 * it, or null.
 */
export const set = action({
  args: {
    organizationId: v.id("organizations"),
    name: v.string(),
    value: v.string(),
  },
  returns: v.object({ warning: v.union(v.string(), v.null()) }),
  handler: async (ctx, { organizationId, name, value }) => {
    model.requireSecret(name, value);
    const secret = { name, ...(await encryptSecret(name, value)) };
    const args = { organizationId, ...secret };
    await ctx.runMutation(internal.secrets.store, args);
    return { warning: isTooShortToHide(value) ? NOT_HIDDEN : null };
  },
});

/** The caller is who called the action. */
export const store = internalMutation({
  args: { organizationId: v.id("organizations"), ...vEncrypted },
  returns: v.null(),
  handler: async (ctx, { organizationId, ...secret }) => {
    await requireOrganization(ctx, organizationId, "edit");
    await model.storeSecret(ctx, organizationId, secret);
    return null;
  },
});

/** Names only: values leave the server only inside requests of steps. */
export const list = query({
  args: { organizationId: v.id("organizations") },
  returns: v.array(v.object({ name: v.string(), updatedAt: v.number() })),
  handler: async (ctx, { organizationId }) => {
    if ((await findRole(ctx, organizationId)) === null) return [];
    const secrets = await model.secretsOf(ctx, organizationId);
    return secrets.map(({ name, updatedAt }) => ({ name, updatedAt }));
  },
});

export const remove = mutation({
  args: { organizationId: v.id("organizations"), name: v.string() },
  returns: v.null(),
  handler: async (ctx, { organizationId, name }) => {
    await requireOrganization(ctx, organizationId, "edit");
    const secret = await model.findSecret(ctx, organizationId, name);
    if (secret === null) throw notFound("secret");
    await ctx.db.delete("secrets", secret._id);
    return null;
  },
});

/** For the worker, which decrypts them with `decryptSecret`. Names without a secret are left out. */
export const encryptedByNames = internalQuery({
  args: { organizationId: v.id("organizations"), names: v.array(v.string()) },
  returns: v.array(v.object(vEncrypted)),
  handler: async (ctx, { organizationId, names }) => {
    const rows = await Promise.all(
      [...new Set(names)].map((name) =>
        model.findSecret(ctx, organizationId, name),
      ),
    );
    return rows.flatMap((row) => {
      if (row === null) return [];
      const { name, keyId, iv, ciphertext } = row;
      return [{ name, keyId, iv, ciphertext }];
    });
  },
});
