"use client";

import { useMutation } from "convex/react";
import { useState } from "react";
import { toast } from "sonner";
import { api } from "@/convex/_generated/api";
import type { RunSummary } from "@/convex/validators/runs";
import { errorMessage } from "@/lib/errors";
import { GuardedButton } from "./guarded-button";

/** Begins a queued run, whatever the limits are. */
export function StartNowButton({ runId }: { runId: RunSummary["_id"] }) {
  const startNow = useMutation(api.workflowRuns.startNow);
  const [sending, setSending] = useState(false);
  const start = async () => {
    setSending(true);
    try {
      await startNow({ runId });
    } catch (error) {
      toast.error(errorMessage(error, "Could not start the run. Try again."));
    } finally {
      setSending(false);
    }
  };
  return (
    <GuardedButton size="sm" disabled={sending} onClick={() => void start()}>
      {sending ? "Starting…" : "Start now"}
    </GuardedButton>
  );
}
