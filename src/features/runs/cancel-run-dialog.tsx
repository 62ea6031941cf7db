"use client";

import { useMutation } from "convex/react";
import { useState } from "react";
import {
  AlertDialog,
  AlertDialogCancel,
  AlertDialogContent,
  AlertDialogDescription,
  AlertDialogFooter,
  AlertDialogTitle,
} from "@/components/ui/alert-dialog";
import { Button } from "@/components/ui/button";
import { api } from "@/convex/_generated/api";
import { errorMessage } from "@/lib/errors";
import type { Run } from "./run-context";

export function CancelRunDialog(props: {
  run: Run;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  const { run, open, onOpenChange } = props;
  const cancel = useMutation(api.workflowRuns.cancel);
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const confirm = async () => {
    setSending(true);
    setProblem(null);
    try {
      await cancel({ runId: run._id });
      onOpenChange(false);
    } catch (error) {
      setProblem(errorMessage(error, "Could not cancel the run. Try again."));
    } finally {
      setSending(false);
    }
  };
  return (
    <AlertDialog open={open} onOpenChange={onOpenChange}>
      <AlertDialogContent>
        <AlertDialogTitle>Cancel run #{run.number}?</AlertDialogTitle>
        <AlertDialogDescription>
          Requests in flight are aborted and waits end. Completed steps are not
          undone.
        </AlertDialogDescription>
        {problem === null ? null : (
          <p role="alert" className="text-failed-text">
            {problem}
          </p>
        )}
        <AlertDialogFooter>
          <AlertDialogCancel>Keep running</AlertDialogCancel>
          <Button
            variant="danger"
            disabled={sending}
            onClick={() => void confirm()}
          >
            {sending ? "Cancelling…" : "Cancel run"}
          </Button>
        </AlertDialogFooter>
      </AlertDialogContent>
    </AlertDialog>
  );
}
