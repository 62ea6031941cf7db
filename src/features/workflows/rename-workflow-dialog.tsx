"use client";

import { useMutation } from "convex/react";
import { useState, type FormEvent } from "react";
import { FormField } from "@/components/form-field";
import { Button } from "@/components/ui/button";
import {
  Dialog,
  DialogClose,
  DialogContent,
  DialogFooter,
  DialogHeader,
  DialogTitle,
} from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";
import { Textarea } from "@/components/ui/textarea";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import { errorMessage } from "@/lib/errors";

export function RenameWorkflowDialog(props: {
  workflow: { _id: Id<"workflows">; name: string; description: string };
  onClose: () => void;
}) {
  const { workflow, onClose } = props;
  const update = useMutation(api.workflows.update);
  const [error, setError] = useState<string | null>(null);
  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const name = String(data.get("name")).trim();
    const description = String(data.get("description")).trim();
    if (name === "") return setError("Enter a name.");
    try {
      await update({ workflowId: workflow._id, name, description });
      onClose();
    } catch (failure) {
      setError(
        errorMessage(failure, "Could not rename the workflow. Try again."),
      );
    }
  };
  return (
    <Dialog open onOpenChange={onClose}>
      <DialogContent aria-describedby={undefined}>
        <DialogHeader>
          <DialogTitle>Rename workflow</DialogTitle>
        </DialogHeader>
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => void save(event)}
        >
          <FormField label="Name" error={error}>
            {(control) => (
              <Input
                {...control}
                name="name"
                defaultValue={workflow.name}
                maxLength={100}
              />
            )}
          </FormField>
          <FormField label="Description">
            {(control) => (
              <Textarea
                {...control}
                name="description"
                defaultValue={workflow.description}
              />
            )}
          </FormField>
          <DialogFooter>
            <DialogClose asChild>
              <Button>Cancel</Button>
            </DialogClose>
            <Button type="submit" variant="primary">
              Save
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}
