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

export function EventDialog(props: {
  workflowId: Id<"workflows">;
  onClose: () => void;
}) {
  const create = useMutation(api.triggers.createEvent);
  const [error, setError] = useState<string | null>(null);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("event")).trim();
    if (name === "") return setError("Enter a name.");
    try {
      await create({ workflowId: props.workflowId, event: name });
      toast.success(`Each “${name}” starts a run now`);
      props.onClose();
    } catch (failure) {
      setError(
        errorMessage(failure, "Could not create the trigger. Try again."),
      );
    }
  };
  return (
    <Dialog open onOpenChange={props.onClose}>
      <DialogContent>
        <DialogHeader>
          <DialogTitle>Add event</DialogTitle>
          <DialogDescription>
            Each event of this name starts a run; its data is the input.
          </DialogDescription>
        </DialogHeader>
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => void submit(event)}
        >
          <FormField
            label="Event"
            hint="A letter, then letters, digits and . _ : / -"
            error={error}
          >
            {(control) => (
              <Input
                {...control}
                name="event"
                maxLength={100}
                placeholder="order.paid"
              />
            )}
          </FormField>
          <DialogFooter>
            <DialogClose asChild>
              <Button>Cancel</Button>
            </DialogClose>
            <Button type="submit" variant="primary">
              Add event
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}
