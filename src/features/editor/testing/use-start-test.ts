import { useRouter } from "next/navigation";
import { useState } from "react";
import { toast } from "sonner";
import type { Id } from "@/convex/_generated/dataModel";
import { useWorkspace } from "@/features/shell/workspace";
import { errorMessage } from "@/lib/errors";
import { useWorkflow } from "../workflow-context";

type Outcome =
  | { kind: "started"; runId: Id<"workflowRuns">; number: number }
  | { kind: "refused"; diagnostics: readonly unknown[] };

/** Saves the draft, starts a test of it and shows it below the code. */
export function useStartTest(onClose: () => void) {
  const { workflow, session, showTestRun } = useWorkflow();
  const { slug } = useWorkspace();
  const router = useRouter();
  const [failure, setFailure] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const run = async (
    start: () => Promise<Outcome>,
    onError?: (error: unknown) => void,
  ) => {
    if (isBusy) return;
    setBusy(true);
    setFailure(null);
    try {
      if (!(await session.flush())) throw new Error("The draft is not saved.");
      const outcome = await start();
      onClose();
      router.push(`/${slug}/workflows/${workflow.slug}/code`);
      if (outcome.kind === "started") showTestRun(outcome.runId);
      else
        toast.error(
          "The draft does not compile. The problems are listed below the code.",
          { duration: Infinity },
        );
    } catch (error) {
      onError?.(error);
      setFailure(errorMessage(error, "Could not start the test. Try again."));
      setBusy(false);
    }
  };
  return {
    failure,
    isBusy,
    run: (start: () => Promise<Outcome>, onError?: (error: unknown) => void) =>
      void run(start, onError),
  };
}
