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
import type { RunSummary } from "@/convex/validators/runs";
import { errorMessage } from "@/lib/errors";
import { GuardedButton } from "./guarded-button";
import { useRunScope } from "./run-context";

/** Ends the backoff of a step that is being retried. */
export function RetryNowButton({ stepKey }: { stepKey: string }) {
  const { sending, send } = useSend(useMutation(api.stepExecutions.retryNow));
  return (
    <GuardedButton
      size="sm"
      disabled={sending}
      onClick={() => void send(stepKey)}
    >
      {sending ? "Retrying…" : "Retry now"}
    </GuardedButton>
  );
}

export function SkipSleepButton({ stepKey }: { stepKey: string }) {
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
            onClick={() => void send(stepKey).then(() => setOpen(false))}
          >
            {sending ? "Skipping…" : "Skip sleep"}
          </Button>
        </AlertDialogFooter>
      </AlertDialogContent>
    </AlertDialog>
  );
}

type OfStep = { runId: RunSummary["_id"]; stepKey: string };

function useSend(mutate: (args: OfStep) => Promise<unknown>) {
  const { run } = useRunScope();
  const [sending, setSending] = useState(false);
  const send = async (stepKey: string) => {
    setSending(true);
    try {
      await mutate({ runId: run._id, stepKey });
    } catch (error) {
      toast.error(errorMessage(error, "That did not work. Try again."));
    } finally {
      setSending(false);
    }
  };
  return { sending, send };
}
