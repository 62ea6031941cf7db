"use client";

import { useMutation } from "convex/react";
import { useState } from "react";
import { api } from "@/convex/_generated/api";
import { SendEventDialog } from "@/features/events/send-event-dialog";
import { GuardedButton } from "./guarded-button";
import { useRunScope } from "./run-context";

/** Sends the run the event that one of its steps waits for. `match` is JSON text of what its data must have. */
export function SendEventButton(props: {
  event: string;
  match: string | null;
}) {
  const { event, match } = props;
  const { run } = useRunScope();
  const sendToRun = useMutation(api.events.sendToRun);
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <GuardedButton size="sm" onClick={() => setOpen(true)}>
        Send event…
      </GuardedButton>
      {isOpen ? (
        <SendEventDialog
          event={event}
          description={`Only run #${run.number} gets it.`}
          initialData={JSON.stringify(JSON.parse(match ?? "{}"), null, 2)}
          send={(data) => sendToRun({ runId: run._id, name: event, data })}
          onClose={() => setOpen(false)}
        />
      ) : null}
    </>
  );
}
