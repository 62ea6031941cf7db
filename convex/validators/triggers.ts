/** What starts runs, as it crosses the API. */
import { v, type Infer } from "convex/values";

export const vTriggerKind = v.union(
  v.literal("manual"),
  v.literal("schedule"),
  v.literal("webhook"),
  v.literal("event"),
  v.literal("replay"),
  /** A `run` step of another run, which is its `parent`. */
  v.literal("workflow"),
);
export type TriggerKind = Infer<typeof vTriggerKind>;

/** What started a run, in words a person can read. `label`: "Ada", "every minute", "POST leads". */
export const vStartedBy = v.object({ kind: vTriggerKind, label: v.string() });
export type StartedBy = Infer<typeof vStartedBy>;

/** What a trigger does, as its row and the snapshots in versions keep it. */
export const vTriggerConfig = v.union(
  v.object({
    kind: v.literal("schedule"),
    cron: v.string(),
    timeZone: v.string(),
  }),
  v.object({ kind: v.literal("webhook"), name: v.string() }),
  v.object({ kind: v.literal("event"), event: v.string() }),
);

export const vTriggerSetting = v.object({
  enabled: v.boolean(),
  config: vTriggerConfig,
});
export type TriggerSetting = Infer<typeof vTriggerSetting>;

export const vTrigger = v.union(
  v.object({
    _id: v.id("triggers"),
    kind: v.literal("schedule"),
    enabled: v.boolean(),
    cron: v.string(),
    timeZone: v.string(),
    nextFireAt: v.union(v.number(), v.null()),
  }),
  v.object({
    _id: v.id("triggers"),
    kind: v.literal("webhook"),
    enabled: v.boolean(),
    name: v.string(),
    /** Full address, shown to editors and above; null for viewers. */
    url: v.union(v.string(), v.null()),
    lastDeliveryAt: v.union(v.number(), v.null()),
  }),
  v.object({
    _id: v.id("triggers"),
    kind: v.literal("event"),
    enabled: v.boolean(),
    /** Each event of this name starts a run, with its data as input. */
    event: v.string(),
  }),
);
export type Trigger = Infer<typeof vTrigger>;
