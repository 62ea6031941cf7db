/** People in an organization, as they cross the API. */
import { v, type Infer } from "convex/values";

export const vRole = v.union(
  v.literal("owner"),
  v.literal("admin"),
  v.literal("editor"),
  v.literal("operator"),
  v.literal("approver"),
  v.literal("viewer"),
);
export type Role = Infer<typeof vRole>;
