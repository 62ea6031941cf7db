"use client";

import { useMutation } from "convex/react";
import { useState } from "react";
import { toast } from "sonner";
import { FormField } from "@/components/form-field";
import {
  AlertDialog,
  AlertDialogAction,
  AlertDialogCancel,
  AlertDialogContent,
  AlertDialogDescription,
  AlertDialogFooter,
  AlertDialogTitle,
} from "@/components/ui/alert-dialog";
import { Input } from "@/components/ui/input";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import { errorMessage } from "@/lib/errors";

export function DeleteWorkflowDialog(props: {
  workflow: { _id: Id<"workflows">; name: string };
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onDeleted?: () => void;
}) {
  const [typed, setTyped] = useState("");
  const { error, isBusy, remove } = useRemove(props);
  const { name } = props.workflow;
  return (
    <AlertDialog open={props.open} onOpenChange={props.onOpenChange}>
      <AlertDialogContent>
        <AlertDialogTitle>Delete “{name}”?</AlertDialogTitle>
        <AlertDialogDescription>
          Its versions, triggers and runs are deleted with it, and its webhook
          addresses stop working. This cannot be undone.
        </AlertDialogDescription>
        <FormField label={`Type “${name}” to confirm`} error={error}>
          {(control) => (
            <Input
              {...control}
              value={typed}
              autoComplete="off"
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </FormField>
        <AlertDialogFooter>
          <AlertDialogCancel>Keep workflow</AlertDialogCancel>
          <AlertDialogAction
            disabled={typed !== name || isBusy}
            onClick={(event) => {
              event.preventDefault();
              remove();
            }}
          >
            {isBusy ? "Deleting…" : "Delete workflow"}
          </AlertDialogAction>
        </AlertDialogFooter>
      </AlertDialogContent>
    </AlertDialog>
  );
}

function useRemove(props: {
  workflow: { _id: Id<"workflows">; name: string };
  onOpenChange: (open: boolean) => void;
  onDeleted?: () => void;
}) {
  const mutation = useMutation(api.workflows.remove);
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const remove = async () => {
    setBusy(true);
    try {
      props.onDeleted?.();
      await mutation({ workflowId: props.workflow._id });
      toast(`Deleted “${props.workflow.name}”`);
      props.onOpenChange(false);
    } catch (failure) {
      setError(
        errorMessage(failure, "Could not delete the workflow. Try again."),
      );
    } finally {
      setBusy(false);
    }
  };
  return { error, isBusy, remove: () => void remove() };
}
