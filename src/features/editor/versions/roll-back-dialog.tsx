"use client";

import { useMutation } from "convex/react";
import { useState, type FormEvent } from "react";
import { toast } from "sonner";
import { FormField } from "@/components/form-field";
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
import { Textarea } from "@/components/ui/textarea";
import { api } from "@/convex/_generated/api";
import { errorMessage } from "@/lib/errors";
import { formatPlural } from "@/lib/format";
import { useWorkflow } from "../workflow-context";
import type { Activity, Version } from "./version";

export function RollBackDialog(props: {
  version: Version;
  activity: Activity | null;
  onClose: () => void;
}) {
  const { version, onClose } = props;
  const { workflow } = useWorkflow();
  const mutation = useMutation(api.workflowVersions.rollBack);
  const [failure, setFailure] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const rollBack = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const note = String(new FormData(event.currentTarget).get("note"));
    setBusy(true);
    try {
      await mutation({ versionId: version._id, note });
      toast.success(`v${version.number} is current again`);
      onClose();
    } catch (error) {
      setFailure(errorMessage(error, "Could not roll back. Try again."));
      setBusy(false);
    }
  };
  return (
    <Dialog open onOpenChange={onClose}>
      <DialogContent>
        <DialogHeader>
          <DialogTitle>Roll back to v{version.number}</DialogTitle>
          <DialogDescription>
            v{version.number} becomes the current version: new runs use it
            instead of v{workflow.publishedVersion?.number}.{" "}
            {underWay(props.activity, version._id)} The draft and the triggers
            stay as they are.
          </DialogDescription>
        </DialogHeader>
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => void rollBack(event)}
        >
          <FormField
            label="Note (optional)"
            hint="Why, for the list of versions."
          >
            {(control) => <Textarea {...control} name="note" maxLength={500} />}
          </FormField>
          <p role="alert" className="text-failed-text empty:hidden">
            {failure}
          </p>
          <DialogFooter>
            <DialogClose asChild>
              <Button>Cancel</Button>
            </DialogClose>
            <Button type="submit" variant="primary" disabled={isBusy}>
              {isBusy ? "Rolling back…" : `Roll back to v${version.number}`}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

function underWay(activity: Activity | null, target: Version["_id"]): string {
  const others = (activity?.versions ?? []).filter(
    ({ versionId, active }) => versionId !== target && active > 0,
  );
  const count = others.reduce((sum, { active }) => sum + active, 0);
  return count === 0
    ? "Runs that have started stay on the version they started with."
    : `${formatPlural(count, "run")} under way ${count === 1 ? "stays on its" : "stay on their"} version.`;
}
