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
import { Textarea } from "@/components/ui/textarea";
import { errorMessage } from "@/lib/errors";

type Props = {
  event: string;
  /** Who gets it, as a sentence. */
  description: string;
  /** JSON text to begin with. */
  initialData: string;
  /** `data` is JSON text. */
  send: (data: string) => Promise<unknown>;
  onClose: () => void;
};

/** Sends an event of a known name by hand, with data that is typed as JSON. */
export function SendEventDialog(props: Props) {
  const [data, setData] = useState(props.initialData);
  const { error, sending, submit } = useSending(props, data);
  return (
    <Dialog open onOpenChange={props.onClose}>
      <DialogContent>
        <DialogHeader>
          <DialogTitle>
            Send <span className="font-mono">{props.event}</span>
          </DialogTitle>
          <DialogDescription>{props.description}</DialogDescription>
        </DialogHeader>
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => void submit(event)}
        >
          <FormField label="Data" hint="JSON, up to 64 KiB." error={error}>
            {(control) => (
              <Textarea
                {...control}
                rows={8}
                spellCheck={false}
                className="font-mono"
                value={data}
                onChange={(event) => setData(event.target.value)}
              />
            )}
          </FormField>
          <DialogFooter>
            <DialogClose asChild>
              <Button>Cancel</Button>
            </DialogClose>
            <Button type="submit" variant="primary" disabled={sending}>
              {sending ? "Sending…" : "Send event"}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

function useSending({ event: name, send, onClose }: Props, data: string) {
  const [error, setError] = useState<string | null>(null);
  const [sending, setSending] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setSending(true);
    try {
      await send(data.trim() === "" ? "{}" : data);
      toast.success(`Sent ${name}`);
      onClose();
    } catch (failure) {
      setError(errorMessage(failure, "Could not send it. Try again."));
      setSending(false);
    }
  };
  return { error, sending, submit };
}
