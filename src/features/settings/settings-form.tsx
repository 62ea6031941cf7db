"use client";

import { useState, type FormEvent, type ReactNode } from "react";
import { toast } from "sonner";
import { Button } from "@/components/ui/button";
import { errorMessage } from "@/lib/errors";

/** One group of settings with a Save of its own. `save` throws what the form then says. */
export function SettingsForm(props: {
  title: string;
  isReadOnly: boolean;
  save: (data: FormData) => Promise<unknown>;
  children: (error: string | null) => ReactNode;
}) {
  const { error, isBusy, submit } = useSave(props.title, props.save);
  return (
    <form noValidate onSubmit={submit} aria-label={props.title}>
      <fieldset
        disabled={props.isReadOnly}
        className="flex flex-col items-start gap-3"
      >
        <h2 className="text-base font-semibold">{props.title}</h2>
        {props.children(error)}
        {props.isReadOnly ? null : (
          <Button type="submit" variant="primary" disabled={isBusy}>
            {isBusy ? "Saving…" : "Save"}
          </Button>
        )}
      </fieldset>
    </form>
  );
}

function useSave(title: string, save: (data: FormData) => Promise<unknown>) {
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await save(new FormData(event.currentTarget));
      toast.success(`${title}: saved`);
    } catch (failure) {
      setError(errorMessage(failure, "Could not save this. Try again."));
    }
    setBusy(false);
  };
  return {
    error,
    isBusy,
    submit: (event: FormEvent<HTMLFormElement>) => void submit(event),
  };
}
