import type { Metadata } from "next";
import { WorkspaceSettings } from "@/features/shell/workspace-settings";

export const metadata: Metadata = { title: "Settings" };

export default function Page() {
  return <WorkspaceSettings />;
}
