"use client";

import { useMutation } from "convex/react";
import { useRef, useState, type FormEvent } from "react";
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
import { countErrors } from "./problems";
import { PROBLEMS_ID } from "./problems-panel";
import { useWorkflow } from "./workflow-context";

export function PublishDialog({ onClose }: { onClose: () => void }) {
  const { workflow, typeErrors } = useWorkflow();
  const next = workflow.nextVersion;
  const mistakes = countErrors(typeErrors ?? []);
  const refused = useRef(false);
  const { failure, isBusy, publish } = usePublish((wasRefused) => {
    refused.current = wasRefused;
    onClose();
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    publish(String(new FormData(event.currentTarget).get("note")).trim());
  };
  return (
    <Dialog open onOpenChange={onClose}>
      <DialogContent
        onCloseAutoFocus={(event) => {
          if (!refused.current) return;
          event.preventDefault();
          document.getElementById(PROBLEMS_ID)?.focus();
        }}
      >
        <DialogHeader>
          <DialogTitle>Publish v{next}</DialogTitle>
          <DialogDescription>
            New runs use it from now on. Runs that have already started stay on
            the version they started with.
          </DialogDescription>
        </DialogHeader>
        <form
          onSubmit={submit}
          onKeyDown={(event) => {
            const isSubmit =
              event.key === "Enter" && (event.metaKey || event.ctrlKey);
            if (isSubmit) event.currentTarget.requestSubmit();
          }}
          className="flex flex-col gap-4"
        >
          <FormField
            label="Note (optional)"
            hint="What changed, for the list of versions."
          >
            {(control) => <Textarea {...control} name="note" maxLength={500} />}
          </FormField>
          <TypeMistakes count={mistakes} />
          <p role="alert" className="text-failed-text empty:hidden">
            {failure}
          </p>
          <DialogFooter>
            <DialogClose asChild>
              <Button>Keep as draft</Button>
            </DialogClose>
            <Button type="submit" variant="primary" disabled={isBusy}>
              {publishLabel(next, { isBusy, mistakes })}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

/** They do not stop it: some types are only what runs were seen to give. */
function TypeMistakes({ count }: { count: number }) {
  if (count === 0) return null;
  return (
    <p role="alert" className="text-retrying-text">
      TypeScript finds {formatPlural(count, "error")}; they are listed below the
      code.
    </p>
  );
}

function publishLabel(
  next: number,
  { isBusy, mistakes }: { isBusy: boolean; mistakes: number },
): string {
  if (isBusy) return "Publishing…";
  return mistakes > 0 ? `Publish v${next} anyway` : `Publish v${next}`;
}

function usePublish(onDone: (refused: boolean) => void) {
  const { workflow, session } = useWorkflow();
  const mutation = useMutation(api.workflowVersions.publish);
  const [failure, setFailure] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const publish = async (note: string) => {
    setBusy(true);
    setFailure(null);
    try {
      if (!(await session.flush())) throw new Error("The draft is not saved.");
      const result = await mutation({
        workflowId: workflow._id,
        ...(note && { note }),
      });
      if (result.kind === "published")
        toast.success(`Published v${result.number}`);
      else {
        toast.error(
          "Could not publish. The problems are listed below the code.",
          {
            duration: Infinity,
          },
        );
      }
      onDone(result.kind === "refused");
    } catch (error) {
      setFailure(errorMessage(error, "Could not publish. Try again."));
      setBusy(false);
    }
  };
  return { failure, isBusy, publish: (note: string) => void publish(note) };
}
