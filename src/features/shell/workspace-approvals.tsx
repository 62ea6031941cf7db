"use client";

import { Suspense } from "react";
import { PageSkeleton } from "@/components/page-skeleton";
import { ApprovalsPage } from "@/features/approvals/approvals-page";
import { useWorkspace } from "./workspace";

export function WorkspaceApprovals() {
  const { organizationId, slug } = useWorkspace();
  return (
    <Suspense fallback={<PageSkeleton label="Loading approvals" />}>
      <ApprovalsPage organizationId={organizationId} workspaceSlug={slug} />
    </Suspense>
  );
}
