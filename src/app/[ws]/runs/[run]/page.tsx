import type { Metadata } from "next";
import { Suspense } from "react";
import { PageSkeleton } from "@/components/page-skeleton";
import type { Id } from "@/convex/_generated/dataModel";
import { RunPage } from "@/features/runs/run-page";

export const metadata: Metadata = { title: "Run" };

export default async function Page(props: {
  params: Promise<{ ws: string; run: string }>;
}) {
  const { ws, run } = await props.params;
  // The address is the parse boundary of the id; the backend answers null for one that is not a run.
  const runId = run as Id<"workflowRuns">;
  return (
    <Suspense fallback={<PageSkeleton label="Loading run" />}>
      <RunPage runId={runId} workspaceSlug={ws} />
    </Suspense>
  );
}
