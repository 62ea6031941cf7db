/** People, their organizations, and the secrets these keep. */
import { defineTable } from "convex/server";
import { v } from "convex/values";
import { vRole } from "../validators/organizations";

export const organizationsTables = {
  /** Writer: `model/organizations.ts`. */
  organizations: defineTable({
    name: v.string(),
    slug: v.string(),
    /** Runs at once, of all its workflows; as many as come when it is not set. */
    runConcurrency: v.optional(v.number()),
  }).index("by_slug", ["slug"]),

  /** Writer: `model/organizations.ts`. */
  memberships: defineTable({
    organizationId: v.id("organizations"),
    userId: v.id("users"),
    role: vRole,
  })
    .index("by_userId_and_organizationId", ["userId", "organizationId"])
    .index("by_organizationId", ["organizationId"]),

  /** Writer: `model/rateLimits.ts`. What is left of what may be done, at a time; full where there is no row. */
  rateBuckets: defineTable({
    name: v.string(),
    /** Whose: an organization, or a webhook. */
    key: v.string(),
    value: v.number(),
    at: v.number(),
  }).index("by_name_and_key", ["name", "key"]),

  /** Writer: `model/secrets.ts`. AES-256-GCM under `SECRETS_KEY`. */
  secrets: defineTable({
    organizationId: v.id("organizations"),
    name: v.string(),
    /** First 8 characters of the SHA-256 of the key it was encrypted under, for rotation. */
    keyId: v.string(),
    iv: v.string(),
    ciphertext: v.string(),
    updatedAt: v.number(),
  }).index("by_organizationId_and_name", ["organizationId", "name"]),
};
