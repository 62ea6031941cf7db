import type { Metadata } from "next";
import { WorkflowSettingsPage } from "@/features/workflows/settings/workflow-settings-page";

export const metadata: Metadata = { title: "Settings" };

export default function Page() {
  return <WorkflowSettingsPage />;
}
