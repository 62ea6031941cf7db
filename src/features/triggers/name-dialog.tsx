"use client";

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
import { errorMessage } from "@/lib/errors";

type Props = {
  /** Of the dialog and of the button that creates. */
  title: string;
  description: string;
  field: {
    label: string;
    hint: string;
    placeholder: string;
    maxLength: number;
  };
  /** Creates it and returns what to say then. */
  create: (name: string) => Promise<string>;
  onClose: () => void;
};

/** Asks for the one name that a new trigger needs. */
export function NameDialog(props: Props) {
  const { title, description, field } = props;
  const { error, submit } = useCreation(props);
  return (
    <Dialog open onOpenChange={props.onClose}>
      <DialogContent>
        <DialogHeader>
          <DialogTitle>{title}</DialogTitle>
          <DialogDescription>{description}</DialogDescription>
        </DialogHeader>
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => void submit(event)}
        >
          <FormField label={field.label} hint={field.hint} error={error}>
            {(control) => (
              <Input
                {...control}
                name="name"
                maxLength={field.maxLength}
                placeholder={field.placeholder}
              />
            )}
          </FormField>
          <DialogFooter>
            <DialogClose asChild>
              <Button>Cancel</Button>
            </DialogClose>
            <Button type="submit" variant="primary">
              {title}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

function useCreation({ create, onClose }: Props) {
  const [error, setError] = useState<string | null>(null);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name")).trim();
    if (name === "") return setError("Enter a name.");
    try {
      toast.success(await create(name));
      onClose();
    } catch (failure) {
      setError(errorMessage(failure, "Could not create it. Try again."));
    }
  };
  return { error, submit };
}
