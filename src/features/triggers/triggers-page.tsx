"use client";

import { useQuery } from "convex/react";
import { CalendarClock, Radio, Webhook } from "lucide-react";
import { useState } from "react";
import { PageSkeleton } from "@/components/page-skeleton";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { api } from "@/convex/_generated/api";
import { useWorkflow } from "@/features/editor/workflow-context";
import { canEdit } from "@/lib/roles";
import { EventDialog } from "./event-dialog";
import { ScheduleDialog } from "./schedule-dialog";
import { TriggerCard } from "./trigger-card";
import { WebhookDialog } from "./webhook-dialog";

export function TriggersPage() {
  const { workflow } = useWorkflow();
  const triggers = useQuery(api.triggers.list, { workflowId: workflow._id });
  const mayEdit = canEdit(workflow.role);
  if (triggers === undefined) return <PageSkeleton label="Loading triggers" />;
  return (
    <div className="overflow-y-auto p-4 sm:p-6">
      <div className="mx-auto flex max-w-3xl flex-col gap-4">
        {mayEdit ? <AddButtons /> : null}
        {workflow.publishedVersion ? null : (
          <p className="rounded-md bg-retrying-tint px-3 py-2 text-retrying-text">
            Triggers start the published version. Publish the workflow for them
            to take effect.
          </p>
        )}
        {triggers.length === 0 ? (
          <EmptyState title="Started by hand only">
            Add a schedule to run it at set times, or a webhook to let other
            services start it with their data as input.
          </EmptyState>
        ) : (
          <ul className="flex flex-col gap-3">
            {triggers.map((trigger) => (
              <TriggerCard
                key={trigger._id}
                trigger={trigger}
                mayEdit={mayEdit}
                sampleInput={workflow.sampleInput}
              />
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

function AddButtons() {
  const { workflow } = useWorkflow();
  const [dialog, setDialog] = useState<"schedule" | "webhook" | "event" | null>(
    null,
  );
  const close = () => setDialog(null);
  return (
    <div className="flex flex-wrap gap-2">
      <Button onClick={() => setDialog("schedule")}>
        <CalendarClock aria-hidden />
        Add schedule…
      </Button>
      <Button onClick={() => setDialog("webhook")}>
        <Webhook aria-hidden />
        Add webhook…
      </Button>
      <Button onClick={() => setDialog("event")}>
        <Radio aria-hidden />
        Add event…
      </Button>
      {dialog === "schedule" ? (
        <ScheduleDialog workflowId={workflow._id} onClose={close} />
      ) : null}
      {dialog === "webhook" ? (
        <WebhookDialog workflowId={workflow._id} onClose={close} />
      ) : null}
      {dialog === "event" ? (
        <EventDialog workflowId={workflow._id} onClose={close} />
      ) : null}
    </div>
  );
}
