import type { Metadata } from "next";
import { WorkspaceApprovals } from "@/features/shell/workspace-approvals";

export const metadata: Metadata = { title: "Approvals" };

export default function Page() {
  return <WorkspaceApprovals />;
}
