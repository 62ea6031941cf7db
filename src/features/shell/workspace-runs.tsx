"use client";

import { Suspense } from "react";
import { PageSkeleton } from "@/components/page-skeleton";
import { RunsPage } from "@/features/runs/runs-page";
import { useWorkspace } from "./workspace";

export function WorkspaceRuns() {
  const { organizationId, slug } = useWorkspace();
  return (
    <Suspense fallback={<PageSkeleton label="Loading runs" />}>
      <RunsPage organizationId={organizationId} workspaceSlug={slug} />
    </Suspense>
  );
}
