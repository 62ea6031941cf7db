import type { Metadata } from "next";
import { WorkspaceRuns } from "@/features/shell/workspace-runs";

export const metadata: Metadata = { title: "Runs" };

export default function Page() {
  return <WorkspaceRuns />;
}
