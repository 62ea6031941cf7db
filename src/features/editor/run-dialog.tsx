"use client";

import { useMutation, useQuery } from "convex/react";
import { useRouter } from "next/navigation";
import { useState, type FormEvent } from "react";
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
import { Skeleton } from "@/components/ui/skeleton";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import { useWorkspace } from "@/features/shell/workspace";
import { errorMessage } from "@/lib/errors";
import { InputEditor } from "./input-editor";
import { useRunInput } from "./run-input";
import type { WorkflowDetails } from "./workflow-context";

/** Asks for the input and starts a run of the published version. */
export function RunDialog(props: {
  workflowId: Id<"workflows">;
  onClose: () => void;
}) {
  const workflow = useQuery(api.workflows.get, {
    workflowId: props.workflowId,
  });
  const versionId = workflow?.publishedVersion?._id;
  const version = useQuery(
    api.workflowVersions.get,
    versionId ? { versionId } : "skip",
  );
  const name = workflow?.name ?? "workflow";
  return (
    <Dialog open onOpenChange={props.onClose}>
      <DialogContent>
        <DialogHeader>
          <DialogTitle>Run {name}</DialogTitle>
          <DialogDescription>
            {version
              ? `Starts the published version, v${version.number}.`
              : "Starts the published version."}
          </DialogDescription>
        </DialogHeader>
        {workflow && version ? (
          <RunForm workflow={workflow} schemaText={version.inputSchema} />
        ) : (
          <Skeleton className="h-32" />
        )}
      </DialogContent>
    </Dialog>
  );
}

function RunForm({
  workflow,
  schemaText,
}: {
  workflow: WorkflowDetails;
  schemaText: string | null;
}) {
  const input = useRunInput(schemaText, workflow.sampleInput);
  const { failure, isBusy, start } = useStart(workflow._id, input);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    start();
  };
  return (
    <form
      noValidate
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.metaKey || event.ctrlKey))
          submit(event);
      }}
      className="flex flex-col gap-4"
    >
      <InputEditor input={input} />
      <p role="alert" className="text-failed-text empty:hidden">
        {failure}
      </p>
      <DialogFooter>
        <DialogClose asChild>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" variant="primary" disabled={isBusy}>
          {isBusy ? "Starting…" : "Start run"}
        </Button>
      </DialogFooter>
    </form>
  );
}

function useStart(
  workflowId: Id<"workflows">,
  input: ReturnType<typeof useRunInput>,
) {
  const router = useRouter();
  const { slug } = useWorkspace();
  const create = useMutation(api.workflowRuns.create);
  const [failure, setFailure] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const start = async () => {
    const json = input.read();
    if (json === null || isBusy) return;
    setBusy(true);
    setFailure(null);
    try {
      const { runId } = await create({ workflowId, input: json });
      router.push(`/${slug}/runs/${runId}`);
    } catch (error) {
      input.showRefusal(error);
      setFailure(errorMessage(error, "Could not start the run. Try again."));
      setBusy(false);
    }
  };
  return { failure, isBusy, start: () => void start() };
}
