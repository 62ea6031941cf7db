/** Workflows, their versions, and what starts them. */
import { defineTable } from "convex/server";
import { v } from "convex/values";
import { vTriggerConfig, vTriggerSetting } from "../validators/triggers";
import {
  vDiagnostic,
  vPause,
  vRetention,
  vWorkflowStatus,
} from "../validators/workflows";

export const workflowsTables = {
  /** Writer: `model/workflows.ts`. Removed workflows leave; their runs keep the name they ran under. */
  workflows: defineTable({
    organizationId: v.id("organizations"),
    name: v.string(),
    slug: v.string(),
    description: v.string(),
    status: vWorkflowStatus,
    publishedVersion: v.union(
      v.object({ _id: v.id("workflowVersions"), number: v.number() }),
      v.null(),
    ),
    hasDraftChanges: v.boolean(),
    sampleInput: v.union(v.string(), v.null()),
    /** Set while it is paused. */
    pause: v.optional(vPause),
    /** Set while its organization limits how many runs go at once, so that starts need not read the organization. */
    sharesRoom: v.optional(v.literal(true)),
    /** How long its runs are kept; not set: as long as `model/retention.ts` says. */
    retention: v.optional(vRetention),
  })
    .index("by_organizationId", ["organizationId"])
    .index("by_organizationId_and_slug", ["organizationId", "slug"]),

  /** Writer: `model/workflows.ts`. What the editor shows; one for each workflow. */
  workflowDrafts: defineTable({
    workflowId: v.id("workflows"),
    source: v.string(),
    updatedAt: v.number(),
    diagnostics: v.array(vDiagnostic),
    /** JSON text; null when the draft does not compile or takes no input. */
    inputSchema: v.union(v.string(), v.null()),
  }).index("by_workflowId", ["workflowId"]),

  /** Writer: `model/versions.ts`. Never changed (E8). */
  workflowVersions: defineTable({
    organizationId: v.id("organizations"),
    workflowId: v.id("workflows"),
    /** From 1; 0 for snapshots of the draft that test runs saw. */
    number: v.number(),
    /** JSON text of `Graph`. */
    graph: v.string(),
    inputSchema: v.union(v.string(), v.null()),
    authorName: v.string(),
    note: v.string(),
    /** The triggers of the workflow when it was published; missing in versions from before this was kept. */
    triggers: v.optional(v.array(vTriggerSetting)),
    /** JSON text of `FlowControl`: what limits the starts of runs; not set when nothing does. */
    flow: v.optional(v.string()),
  }).index("by_workflowId_and_number", ["workflowId", "number"]),

  /** Writer: `model/rollBacks.ts`. Each time an older version was made the current one again. */
  versionRollBacks: defineTable({
    workflowId: v.id("workflows"),
    versionId: v.id("workflowVersions"),
    fromNumber: v.number(),
    by: v.string(),
    note: v.string(),
  }).index("by_versionId", ["versionId"]),

  /** Writer: `model/keptDrafts.ts`. Drafts that something else took the place of; the last 20 of each workflow. */
  keptDrafts: defineTable({
    organizationId: v.id("organizations"),
    workflowId: v.id("workflows"),
    source: v.string(),
    /** What took its place: "version 12". */
    replacedBy: v.string(),
    by: v.string(),
  }).index("by_workflowId", ["workflowId"]),

  /** Writer: `model/versions.ts`. The large half of a version, never changed. */
  workflowPrograms: defineTable({
    versionId: v.id("workflowVersions"),
    source: v.string(),
    program: v.string(),
  }).index("by_versionId", ["versionId"]),

  /** Writer: `model/triggers.ts`. */
  triggers: defineTable({
    organizationId: v.id("organizations"),
    workflowId: v.id("workflows"),
    enabled: v.boolean(),
    config: vTriggerConfig,
    /** Schedules only: set while enabled, null otherwise. */
    nextFireAt: v.union(v.number(), v.null()),
  })
    .index("by_workflowId", ["workflowId"])
    .index("by_organizationId_and_event", ["organizationId", "config.event"])
    .index("by_nextFireAt", ["nextFireAt"]),

  /**
   * Writer: `model/triggers.ts`. The token is kept beside its hash because editors must be able to see the address
   * again; lookups go by the hash, so that no comparison of the token itself can leak it by timing.
   */
  webhookEndpoints: defineTable({
    triggerId: v.id("triggers"),
    token: v.string(),
    tokenHash: v.string(),
    lastDeliveryAt: v.union(v.number(), v.null()),
  })
    .index("by_tokenHash", ["tokenHash"])
    .index("by_triggerId", ["triggerId"]),

  /**
   * Writer: `executor/runs/newRun.ts`; `model/retention.ts` when the workflow is removed. The last run number of each workflow,
   * also of a removed one for as long as runs or versions of it are left.
   */
  runCounters: defineTable({
    workflowId: v.id("workflows"),
    last: v.number(),
    /** Set when the workflow was removed: what it said of its runs. */
    retention: v.optional(vRetention),
  }).index("by_workflowId", ["workflowId"]),
};
