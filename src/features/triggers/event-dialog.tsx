"use client";

import { useMutation } from "convex/react";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import { NameDialog } from "./name-dialog";

export function EventDialog(props: {
  workflowId: Id<"workflows">;
  onClose: () => void;
}) {
  const create = useMutation(api.triggers.createEvent);
  return (
    <NameDialog
      title="Add event"
      description="Each event of this name starts a run; its data is the input."
      field={{
        label: "Event",
        hint: "A letter, then letters, digits and . _ : / -",
        placeholder: "order.paid",
        maxLength: 100,
      }}
      create={async (event) => {
        await create({ workflowId: props.workflowId, event });
        return `Each “${event}” starts a run now`;
      }}
      onClose={props.onClose}
    />
  );
}
