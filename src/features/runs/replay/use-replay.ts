import { useMutation } from "convex/react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { api } from "@/convex/_generated/api";
import type { ReplayVersion } from "@/convex/validators/replays";
import { errorMessage } from "@/lib/errors";
import { useRunScope } from "../run-context";

/** Starts the new run and goes there; `input` null is that of this run. */
export function useReplay(wanted: {
  version: ReplayVersion;
  fromStep: string | null;
  onRefused?: (error: unknown) => void;
}) {
  const { run, workspaceSlug } = useRunScope();
  const router = useRouter();
  const start = useMutation(api.workflowRuns.replay);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const { version, fromStep, onRefused } = wanted;
  const send = async (input: string | null) => {
    setBusy(true);
    setFailure(null);
    try {
      const { runId } = await start({
        runId: run._id,
        version,
        ...(fromStep === null ? {} : { fromStep }),
        ...(input === null ? {} : { input }),
      });
      router.push(`/${workspaceSlug}/runs/${runId}`);
    } catch (error) {
      onRefused?.(error);
      setFailure(errorMessage(error, "Could not start the run. Try again."));
      setBusy(false);
    }
  };
  return {
    isBusy,
    failure,
    replay: (input: string | null) => void send(input),
  };
}
