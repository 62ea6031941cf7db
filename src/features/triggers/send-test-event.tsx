"use client";

import { useMutation } from "convex/react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { api } from "@/convex/_generated/api";
import { useWorkflow } from "@/features/editor/workflow-context";
import { SendEventDialog } from "@/features/events/send-event-dialog";
import { canRun } from "@/lib/roles";

/** Sends the event that starts the workflow, to everything that listens to it. */
export function SendTestEvent({ event }: { event: string }) {
  const { workflow } = useWorkflow();
  const { organizationId, role, sampleInput } = workflow;
  const send = useMutation(api.events.send);
  const [isOpen, setOpen] = useState(false);
  if (!canRun(role)) return null;
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        Send event…
      </Button>
      {isOpen ? (
        <SendEventDialog
          event={event}
          description="It starts each workflow that has it as a trigger, and goes to every run that waits for it."
          initialData={sampleInput ?? "{}"}
          send={(data) => send({ organizationId, name: event, data })}
          onClose={() => setOpen(false)}
        />
      ) : null}
    </>
  );
}
