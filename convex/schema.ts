/**
 * Every table, with the one module that writes it. Hot rows (lists, trees, the executor) are small; bodies live in
 * `payloads`, `workflowDrafts` and `workflowPrograms`.
 */
import { authTables } from "@convex-dev/auth/server";
import { defineSchema } from "convex/server";
import { observationsTables } from "./tables/observations";
import { organizationsTables } from "./tables/organizations";
import { queueTables } from "./tables/queue";
import { runsTables } from "./tables/runs";
import { stepsTables } from "./tables/steps";
import { upkeepTables } from "./tables/upkeep";
import { waitsTables } from "./tables/waits";
import { workTables } from "./tables/work";
import { workflowsTables } from "./tables/workflows";

export default defineSchema({
  /** users, authSessions, …: written by `auth.ts` (Convex Auth). */
  ...authTables,
  ...organizationsTables,
  ...workflowsTables,
  ...runsTables,
  ...queueTables,
  ...stepsTables,
  ...workTables,
  ...waitsTables,
  ...observationsTables,
  ...upkeepTables,
});
