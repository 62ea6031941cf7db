import { useMutation } from "convex/react";
import { toast } from "sonner";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import type { WorkflowStatus } from "@/convex/validators/workflows";
import { errorMessage } from "@/lib/errors";

const UNDO_MS = 8_000;
const DONE = {
  active: "Resumed",
  paused: "Paused",
  archived: "Archived",
  draft: "Back to draft",
} as const satisfies Record<WorkflowStatus, string>;

type Subject = {
  _id: Id<"workflows">;
  name: string;
  status: WorkflowStatus;
};

/** Changes a workflow's status at once and offers to undo it. */
export function useChangeStatus() {
  const updateStatus = useMutation(api.workflows.updateStatus);
  const change = async (
    { _id: workflowId, name, status: before }: Subject,
    status: Exclude<WorkflowStatus, "draft">,
    triggers: "hold" | "refuse" = "refuse",
  ) => {
    try {
      await updateStatus({ workflowId, status, triggers });
    } catch (error) {
      toast.error(
        errorMessage(error, `Could not change “${name}”. Try again.`),
        {
          duration: Infinity,
        },
      );
      return;
    }
    const undo = () =>
      void change({ _id: workflowId, name, status }, previous(before));
    toast(`${DONE[status]} “${name}”`, {
      duration: UNDO_MS,
      action: { label: "Undo", onClick: undo },
    });
  };
  return (
    subject: Subject,
    status: Exclude<WorkflowStatus, "draft">,
    triggers?: "hold",
  ) => void change(subject, status, triggers);
}

/** A workflow without a published version goes back to being a draft by becoming active. */
function previous(status: WorkflowStatus): Exclude<WorkflowStatus, "draft"> {
  return status === "draft" ? "active" : status;
}
