import type { FunctionReturnType } from "convex/server";
import type { api } from "@/convex/_generated/api";

export type Version = FunctionReturnType<
  typeof api.workflowVersions.list
>["page"][number];
export type Activity = FunctionReturnType<typeof api.workflowVersions.activity>;
