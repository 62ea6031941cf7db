"use client";

import { useMutation } from "convex/react";
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
import { api } from "@/convex/_generated/api";
import { InputEditor } from "../input-editor";
import { useRunInput } from "../run-input";
import { useWorkflow } from "../workflow-context";
import { PinEditor } from "./pin-editor";
import { pinsToSend, type PinDrafts } from "./pin-drafts";
import { useStartTest } from "./use-start-test";

/** Asks for an input and for outputs to pin, and runs the draft. */
export function TestDialog({ onClose }: { onClose: () => void }) {
  const { workflow, openDialog } = useWorkflow();
  const input = useRunInput(workflow.inputSchema, workflow.sampleInput);
  const [pins, setPins] = useState<PinDrafts>({});
  const start = useMutation(api.testRuns.start);
  const { failure, isBusy, run } = useStartTest(onClose);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const json = input.read();
    if (json === null) return;
    const args = { workflowId: workflow._id, input: json };
    run(() => start({ ...args, pins: pinsToSend(pins) }), input.showRefusal);
  };
  return (
    <Dialog open onOpenChange={onClose}>
      <DialogContent>
        <DialogHeader>
          <DialogTitle>Test the draft</DialogTitle>
          <DialogDescription>
            Runs the draft as it is now, published or not. What its steps do
            really happens: requests are sent, mails go out. Pin the output of a
            step, and it does nothing.
          </DialogDescription>
        </DialogHeader>
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
          <PinEditor pins={pins} onChange={setPins} />
          <p role="alert" className="text-failed-text empty:hidden">
            {failure}
          </p>
          <DialogFooter>
            <Button
              variant="ghost"
              className="sm:mr-auto"
              onClick={() => openDialog("testStep")}
            >
              Test one step alone…
            </Button>
            <DialogClose asChild>
              <Button>Cancel</Button>
            </DialogClose>
            <Button type="submit" variant="primary" disabled={isBusy}>
              {isBusy ? "Starting…" : "Start test"}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}
