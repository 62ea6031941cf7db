"use client";

import { SettingsPage } from "@/features/settings/settings-page";
import { useWorkspace } from "./workspace";

export function WorkspaceSettings() {
  const { slug } = useWorkspace();
  return <SettingsPage slug={slug} />;
}
