"use client";

import { useWorkflow } from "@/features/editor/workflow-context";
import { RetentionForm } from "./retention-form";
import { RunLimits } from "./run-limits";

export function WorkflowSettingsPage() {
  const { workflow } = useWorkflow();
  return (
    <div className="overflow-y-auto p-4 sm:p-6">
      <div className="mx-auto flex max-w-3xl flex-col gap-4">
        <RunLimits workflow={workflow} />
        <RetentionForm key={workflow._id} workflow={workflow} />
      </div>
    </div>
  );
}
