"use client";

import { useMutation } from "convex/react";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import { NameDialog } from "./name-dialog";

export function WebhookDialog(props: {
  workflowId: Id<"workflows">;
  onClose: () => void;
}) {
  const create = useMutation(api.triggers.createWebhook);
  return (
    <NameDialog
      title="Add webhook"
      description="You get an address. A POST to it starts a run; the body is the input. Whoever knows the address can start runs."
      field={{
        label: "Name",
        hint: "Shown with the runs it starts.",
        placeholder: "leads",
        maxLength: 60,
      }}
      create={async (name) => {
        await create({ workflowId: props.workflowId, name });
        return `Webhook “${name}” is ready`;
      }}
      onClose={props.onClose}
    />
  );
}
