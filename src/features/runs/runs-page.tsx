"use client";

import type { Id } from "../../../convex/_generated/dataModel";

export function RunsPage(props: {
  organizationId: Id<"organizations">;
  workspaceSlug: string;
}) {
  return <div data-workspace={props.workspaceSlug} />;
}
