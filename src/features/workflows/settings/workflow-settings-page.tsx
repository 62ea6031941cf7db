"use client";

import { useWorkflow } from "@/features/editor/workflow-context";
import { RetentionForm } from "./retention-form";

export function WorkflowSettingsPage() {
  const { workflow } = useWorkflow();
  return (
    <div className="overflow-y-auto p-4 sm:p-6">
      <div className="mx-auto flex max-w-3xl flex-col gap-4">
        <RetentionForm key={workflow._id} workflow={workflow} />
      </div>
    </div>
  );
}
