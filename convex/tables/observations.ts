/** What was seen of values in runs and events, for the types of the editor. */
import { defineTable } from "convex/server";
import { v } from "convex/values";
import { vObservedSubject } from "../validators/observations";

export const observationsTables = {
  /**
   * Writer: `model/observations.ts`. Only shapes, never values. Written while somebody has an editor open, and not by
   * runs. `name` is the workflow's id or the event's name.
   */
  observations: defineTable({
    organizationId: v.id("organizations"),
    subject: vObservedSubject,
    name: v.string(),
    /** JSON text: `Observed` of that subject. */
    seen: v.string(),
  }).index("by_organizationId_and_subject_and_name", [
    "organizationId",
    "subject",
    "name",
  ]),
};
