"use client";

import {
  Archive,
  ArchiveRestore,
  Ellipsis,
  Pause,
  PencilLine,
  Play,
  Trash2,
} from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from "@/components/ui/dropdown-menu";
import type { Id } from "@/convex/_generated/dataModel";
import type { WorkflowStatus } from "@/convex/validators/workflows";
import { DeleteWorkflowDialog } from "./delete-workflow-dialog";
import { RenameWorkflowDialog } from "./rename-workflow-dialog";
import { useChangeStatus } from "./use-workflow-actions";

type Subject = {
  _id: Id<"workflows">;
  name: string;
  description: string;
  status: WorkflowStatus;
};

export function WorkflowMenu(props: {
  workflow: Subject;
  canEdit: boolean;
  onDeleted?: () => void;
}) {
  const [dialog, setDialog] = useState<"rename" | "delete" | null>(null);
  const close = () => setDialog(null);
  return (
    <>
      <DropdownMenu>
        <DropdownMenuTrigger asChild>
          <Button
            variant="ghost"
            size="icon"
            disabled={!props.canEdit}
            aria-label={`More actions for ${props.workflow.name}`}
          >
            <Ellipsis aria-hidden />
          </Button>
        </DropdownMenuTrigger>
        <DropdownMenuContent>
          <DropdownMenuItem onSelect={() => setDialog("rename")}>
            <PencilLine aria-hidden />
            Rename…
          </DropdownMenuItem>
          <StatusItems workflow={props.workflow} />
          <DropdownMenuSeparator />
          <DropdownMenuItem tone="danger" onSelect={() => setDialog("delete")}>
            <Trash2 aria-hidden />
            Delete…
          </DropdownMenuItem>
        </DropdownMenuContent>
      </DropdownMenu>
      {dialog === "rename" ? (
        <RenameWorkflowDialog workflow={props.workflow} onClose={close} />
      ) : null}
      <DeleteWorkflowDialog
        workflow={props.workflow}
        open={dialog === "delete"}
        onOpenChange={close}
        {...(props.onDeleted && { onDeleted: props.onDeleted })}
      />
    </>
  );
}

function StatusItems({ workflow }: { workflow: Subject }) {
  const change = useChangeStatus();
  return (
    <>
      {workflow.status === "active" ? (
        <>
          <DropdownMenuItem onSelect={() => change(workflow, "paused")}>
            <Pause aria-hidden />
            Pause
          </DropdownMenuItem>
          <DropdownMenuItem onSelect={() => change(workflow, "paused", "hold")}>
            <Pause aria-hidden />
            Pause and keep new runs for later
          </DropdownMenuItem>
        </>
      ) : null}
      {workflow.status === "paused" ? (
        <DropdownMenuItem onSelect={() => change(workflow, "active")}>
          <Play aria-hidden />
          Resume
        </DropdownMenuItem>
      ) : null}
      {workflow.status === "archived" ? (
        <DropdownMenuItem onSelect={() => change(workflow, "active")}>
          <ArchiveRestore aria-hidden />
          Restore
        </DropdownMenuItem>
      ) : (
        <DropdownMenuItem onSelect={() => change(workflow, "archived")}>
          <Archive aria-hidden />
          Archive
        </DropdownMenuItem>
      )}
    </>
  );
}
