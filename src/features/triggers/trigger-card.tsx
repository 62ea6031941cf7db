"use client";

import { useMutation } from "convex/react";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import {
  AlertDialog,
  AlertDialogAction,
  AlertDialogCancel,
  AlertDialogContent,
  AlertDialogDescription,
  AlertDialogFooter,
  AlertDialogTitle,
} from "@/components/ui/alert-dialog";
import { Button } from "@/components/ui/button";
import { Switch } from "@/components/ui/switch";
import { api } from "@/convex/_generated/api";
import type { Trigger } from "@/convex/validators/triggers";
import { errorMessage } from "@/lib/errors";
import { formatRelative, formatUntil } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { CopyButton } from "./copy-button";
import { curlSample } from "./curl-sample";
import { formatInZone, scheduleLabel } from "./schedule-text";
import { SendTestEvent } from "./send-test-event";
import { TRIGGER_ICON } from "./trigger-icon";

const AFTER_REMOVAL = {
  schedule: "The workflow will no longer start at these times.",
  webhook: "Its address stops working at once and cannot be brought back.",
  event: "Events of this name will no longer start the workflow.",
} as const satisfies Record<Trigger["kind"], string>;

export function TriggerCard(props: {
  trigger: Trigger;
  mayEdit: boolean;
  sampleInput: string | null;
}) {
  const { trigger, mayEdit } = props;
  const name = triggerName(trigger);
  const Icon = TRIGGER_ICON[trigger.kind];
  return (
    <li className="rounded-lg border border-border">
      <div className="flex items-center gap-3 px-4 py-3">
        <Icon className="size-5 shrink-0 text-fg-muted" aria-hidden />
        <div className="min-w-0 flex-1">
          <h2 className="text-base font-medium">{name}</h2>
          <TriggerDetail trigger={trigger} />
        </div>
        {trigger.kind === "event" ? (
          <SendTestEvent event={trigger.event} />
        ) : null}
        <EnabledSwitch trigger={trigger} name={name} mayEdit={mayEdit} />
        <RemoveButton trigger={trigger} name={name} mayEdit={mayEdit} />
      </div>
      {trigger.kind === "webhook" && trigger.url !== null ? (
        <WebhookAddress url={trigger.url} sampleInput={props.sampleInput} />
      ) : null}
    </li>
  );
}

function triggerName(trigger: Trigger): string {
  switch (trigger.kind) {
    case "schedule":
      return scheduleLabel(trigger.cron);
    case "webhook":
      return trigger.name;
    case "event":
      return trigger.event;
  }
}

function TriggerDetail({ trigger }: { trigger: Trigger }) {
  const now = useNow();
  const classes = "text-xs text-fg-muted";
  if (trigger.kind === "event")
    return <p className={classes}>Each event of this name starts a run</p>;
  if (trigger.kind === "webhook") {
    const last = trigger.lastDeliveryAt;
    return (
      <p className={classes}>
        {last === null
          ? "No delivery yet"
          : `Last delivery ${formatRelative(last, now)}`}
      </p>
    );
  }
  const next =
    trigger.enabled && trigger.nextFireAt !== null
      ? `next ${formatUntil(trigger.nextFireAt, now)}, ${formatInZone(trigger.nextFireAt, trigger.timeZone)}`
      : "off";
  return (
    <p className={classes}>
      <code className="font-mono">{trigger.cron}</code> · {trigger.timeZone} ·{" "}
      {next}
    </p>
  );
}

function EnabledSwitch(props: {
  trigger: Trigger;
  name: string;
  mayEdit: boolean;
}) {
  const { _id: triggerId, enabled } = props.trigger;
  const setEnabled = useMutation(api.triggers.setEnabled).withOptimisticUpdate(
    (store, args) => {
      for (const query of store.getAllQueries(api.triggers.list)) {
        store.setQuery(
          api.triggers.list,
          query.args,
          query.value?.map((trigger) =>
            trigger._id === args.triggerId
              ? { ...trigger, enabled: args.enabled }
              : trigger,
          ),
        );
      }
    },
  );
  const change = async (next: boolean) => {
    try {
      await setEnabled({ triggerId, enabled: next });
    } catch (error) {
      toast.error(
        errorMessage(error, `Could not change “${props.name}”. Try again.`),
      );
    }
  };
  return (
    <Switch
      aria-label={`Enable ${props.name}`}
      checked={enabled}
      disabled={!props.mayEdit}
      onCheckedChange={(next) => void change(next)}
    />
  );
}

function RemoveButton(props: {
  trigger: Trigger;
  name: string;
  mayEdit: boolean;
}) {
  const remove = useMutation(api.triggers.remove);
  const [isOpen, setOpen] = useState(false);
  const confirm = async () => {
    try {
      await remove({ triggerId: props.trigger._id });
      toast(`Removed “${props.name}”`);
    } catch (error) {
      toast.error(
        errorMessage(error, `Could not remove “${props.name}”. Try again.`),
      );
    }
  };
  return (
    <AlertDialog open={isOpen} onOpenChange={setOpen}>
      <Button
        variant="ghost"
        size="icon"
        disabled={!props.mayEdit}
        aria-label={`Remove ${props.name}…`}
        onClick={() => setOpen(true)}
      >
        <Trash2 aria-hidden />
      </Button>
      <AlertDialogContent>
        <AlertDialogTitle>Remove “{props.name}”?</AlertDialogTitle>
        <AlertDialogDescription>
          {AFTER_REMOVAL[props.trigger.kind]}
        </AlertDialogDescription>
        <AlertDialogFooter>
          <AlertDialogCancel>Keep it</AlertDialogCancel>
          <AlertDialogAction onClick={() => void confirm()}>
            Remove
          </AlertDialogAction>
        </AlertDialogFooter>
      </AlertDialogContent>
    </AlertDialog>
  );
}

function WebhookAddress({
  url,
  sampleInput,
}: {
  url: string;
  sampleInput: string | null;
}) {
  const sample = curlSample(url, sampleInput);
  return (
    <div className="flex flex-col gap-3 border-t border-border px-4 py-3">
      <div className="flex flex-wrap items-center gap-2">
        <code className="min-w-0 flex-1 rounded-sm bg-subtle px-2 py-1 font-mono text-xs break-all">
          {url}
        </code>
        <CopyButton text={url} label="Copy URL" />
      </div>
      <details>
        <summary className="min-h-6 cursor-pointer text-xs text-fg-muted">
          Try it with curl
        </summary>
        <pre
          className="mt-2 overflow-x-auto rounded-sm bg-subtle p-2 font-mono text-xs"
          tabIndex={0}
        >
          {sample}
        </pre>
        <div className="mt-2">
          <CopyButton text={sample} label="Copy command" />
        </div>
      </details>
    </div>
  );
}
