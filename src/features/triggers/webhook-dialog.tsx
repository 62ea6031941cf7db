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
import { Input } from "@/components/ui/input";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import { errorMessage } from "@/lib/errors";

export function WebhookDialog(props: {
  workflowId: Id<"workflows">;
  onClose: () => void;
}) {
  const create = useMutation(api.triggers.createWebhook);
  const [error, setError] = useState<string | null>(null);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name")).trim();
    if (name === "") return setError("Enter a name.");
    try {
      await create({ workflowId: props.workflowId, name });
      toast.success(`Webhook “${name}” is ready`);
      props.onClose();
    } catch (failure) {
      setError(
        errorMessage(failure, "Could not create the webhook. Try again."),
      );
    }
  };
  return (
    <Dialog open onOpenChange={props.onClose}>
      <DialogContent>
        <DialogHeader>
          <DialogTitle>Add webhook</DialogTitle>
          <DialogDescription>
            You get an address. A POST to it starts a run; the body is the
            input. Whoever knows the address can start runs.
          </DialogDescription>
        </DialogHeader>
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => void submit(event)}
        >
          <FormField
            label="Name"
            hint="Shown with the runs it starts."
            error={error}
          >
            {(control) => (
              <Input
                {...control}
                name="name"
                maxLength={60}
                placeholder="leads"
              />
            )}
          </FormField>
          <DialogFooter>
            <DialogClose asChild>
              <Button>Cancel</Button>
            </DialogClose>
            <Button type="submit" variant="primary">
              Add webhook
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}
