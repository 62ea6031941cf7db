"use client";

import { useMutation, useQuery } from "convex/react";
import { useRouter } from "next/navigation";
import { useId, useState } from "react";
import { Button } from "@/components/ui/button";
import {
  Dialog,
  DialogClose,
  DialogContent,
  DialogDescription,
  DialogFooter,
  DialogHeader,
  DialogTitle,
} from "@/components/ui/dialog";
import { api } from "@/convex/_generated/api";
import { cn } from "@/lib/cn";
import { errorMessage } from "@/lib/errors";
import type { Run } from "./run-context";

type Version = "original" | "current";

/** Starts a new run with the input of this one, and goes there. */
export function ReplayRunDialog(props: {
  run: Run;
  workspaceSlug: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  const { run, open, onOpenChange } = props;
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent>
        <DialogHeader>
          <DialogTitle>Replay run #{run.number}</DialogTitle>
          <DialogDescription>
            A new run starts with the same input. Every step runs again,
            including requests to other services.
          </DialogDescription>
        </DialogHeader>
        <ReplayForm run={run} workspaceSlug={props.workspaceSlug} />
      </DialogContent>
    </Dialog>
  );
}

function ReplayForm(props: { run: Run; workspaceSlug: string }) {
  const { run } = props;
  const [version, setVersion] = useState<Version>("original");
  const { replay, sending, problem } = useReplay(run, props.workspaceSlug);
  const workflow = useQuery(api.workflows.get, { workflowId: run.workflowId });
  const current = workflow?.publishedVersion?.number ?? null;
  return (
    <>
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-1 text-xs font-semibold text-fg-muted">
          Version
        </legend>
        <VersionChoice
          value="original"
          chosen={version}
          onChoose={setVersion}
          title={`Original, v${run.versionNumber}`}
          note="Exactly what ran before."
        />
        <VersionChoice
          value="current"
          chosen={version}
          onChoose={setVersion}
          title={current === null ? "Current" : `Current, v${current}`}
          note={
            current === run.versionNumber
              ? "The same version: nothing was published since."
              : "What is published now."
          }
        />
      </fieldset>
      {problem === null ? null : (
        <p role="alert" className="text-failed-text">
          {problem}
        </p>
      )}
      <DialogFooter>
        <DialogClose asChild>
          <Button>Close</Button>
        </DialogClose>
        <Button
          variant="primary"
          disabled={sending}
          onClick={() => void replay(version)}
        >
          {sending ? "Starting…" : "Replay"}
        </Button>
      </DialogFooter>
    </>
  );
}

function useReplay(run: Run, workspaceSlug: string) {
  const router = useRouter();
  const start = useMutation(api.workflowRuns.replay);
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const replay = async (version: Version) => {
    setSending(true);
    setProblem(null);
    try {
      const { runId } = await start({ runId: run._id, version });
      router.push(`/${workspaceSlug}/runs/${runId}`);
    } catch (error) {
      setProblem(errorMessage(error, "Could not start the run. Try again."));
      setSending(false);
    }
  };
  return { replay, sending, problem };
}

function VersionChoice(props: {
  value: Version;
  chosen: Version;
  onChoose: (version: Version) => void;
  title: string;
  note: string;
}) {
  const id = useId();
  const checked = props.value === props.chosen;
  return (
    <label
      htmlFor={id}
      className={cn(
        "flex cursor-pointer gap-2.5 rounded-md border p-2.5",
        checked ? "border-primary bg-selected" : "border-border",
      )}
    >
      <input
        id={id}
        type="radio"
        name="version"
        className="mt-0.5 size-4 accent-primary"
        checked={checked}
        onChange={() => props.onChoose(props.value)}
      />
      <span>
        <span className="block font-medium">{props.title}</span>
        <span className="block text-fg-muted">{props.note}</span>
      </span>
    </label>
  );
}
