"use client";

import { useMutation } from "convex/react";
import { useState } from "react";
import { toast } from "sonner";
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
import type { StepRow } from "@/convex/validators/steps";
import { errorMessage } from "@/lib/errors";
import { GuardedButton } from "./guarded-button";

type StepId = StepRow["_id"];

/** Ends the backoff of a step that is being retried. */
export function RetryNowButton({ stepId }: { stepId: StepId }) {
  const { sending, send } = useSend(useMutation(api.stepExecutions.retryNow));
  return (
    <GuardedButton
      size="sm"
      disabled={sending}
      onClick={() => void send(stepId)}
    >
      {sending ? "Retrying…" : "Retry now"}
    </GuardedButton>
  );
}

export function SkipSleepButton({ stepId }: { stepId: StepId }) {
  const [open, setOpen] = useState(false);
  const { sending, send } = useSend(useMutation(api.stepExecutions.skipDelay));
  return (
    <AlertDialog open={open} onOpenChange={setOpen}>
      <GuardedButton size="sm" onClick={() => setOpen(true)}>
        Skip sleep…
      </GuardedButton>
      <AlertDialogContent>
        <AlertDialogTitle>Skip the rest of this sleep?</AlertDialogTitle>
        <AlertDialogDescription>
          The run goes on with the next step at once.
        </AlertDialogDescription>
        <AlertDialogFooter>
          <AlertDialogCancel>Keep sleeping</AlertDialogCancel>
          <Button
            variant="primary"
            disabled={sending}
            onClick={() => void send(stepId).then(() => setOpen(false))}
          >
            {sending ? "Skipping…" : "Skip sleep"}
          </Button>
        </AlertDialogFooter>
      </AlertDialogContent>
    </AlertDialog>
  );
}

function useSend(mutate: (args: { stepId: StepId }) => Promise<unknown>) {
  const [sending, setSending] = useState(false);
  const send = async (stepId: StepId) => {
    setSending(true);
    try {
      await mutate({ stepId });
    } catch (error) {
      toast.error(errorMessage(error, "That did not work. Try again."));
    } finally {
      setSending(false);
    }
  };
  return { sending, send };
}
