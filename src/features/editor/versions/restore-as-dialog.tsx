"use client";

import { useMutation } from "convex/react";
import { useRouter } from "next/navigation";
import { useState, type FormEvent } from "react";
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
import { useWorkspace } from "@/features/shell/workspace";
import { errorMessage } from "@/lib/errors";
import { useWorkflow } from "../workflow-context";
import type { Version } from "./version";

export function RestoreAsDialog(props: {
  version: Version;
  onClose: () => void;
}) {
  const { version, onClose } = props;
  const { workflow } = useWorkflow();
  const { slug } = useWorkspace();
  const router = useRouter();
  const mutation = useMutation(api.workflowVersions.restoreAsWorkflow);
  const [error, setError] = useState<string | null>(null);
  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name")).trim();
    if (name === "") return setError("Enter a name.");
    try {
      const made = await mutation({ versionId: version._id, name });
      onClose();
      router.push(`/${slug}/workflows/${made.slug}/code`);
    } catch (failure) {
      setError(errorMessage(failure, "Could not create it. Try again."));
    }
  };
  return (
    <Dialog open onOpenChange={onClose}>
      <DialogContent>
        <DialogHeader>
          <DialogTitle>Restore v{version.number} as new workflow</DialogTitle>
          <DialogDescription>
            Its code becomes the draft of a new workflow, without triggers. This
            workflow stays as it is.
          </DialogDescription>
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
                defaultValue={`${workflow.name} v${version.number}`}
                maxLength={100}
              />
            )}
          </FormField>
          <DialogFooter>
            <DialogClose asChild>
              <Button>Cancel</Button>
            </DialogClose>
            <Button type="submit" variant="primary">
              Create workflow
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}
