"use client";

import { useMutation, useQuery } from "convex/react";
import { useDeferredValue, useState, type FormEvent } from "react";
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
import { Select } from "@/components/ui/select";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import { errorMessage } from "@/lib/errors";
import { NextTimes } from "./next-times";
import { scheduleText, timeZones } from "./schedule-text";

const PRESETS = [
  { label: "Every minute", cron: "* * * * *" },
  { label: "Every hour", cron: "0 * * * *" },
  { label: "Every day at 09:00", cron: "0 9 * * *" },
  { label: "Mondays at 09:00", cron: "0 9 * * 1" },
] as const;

export function ScheduleDialog(props: {
  workflowId: Id<"workflows">;
  onClose: () => void;
}) {
  const [cron, setCron] = useState("0 9 * * *");
  const [timeZone, setTimeZone] = useState(localTimeZone);
  const { failure, preview, described, submit } = useSchedule({
    ...props,
    cron,
    timeZone,
  });
  const words = described.kind === "ok" ? described.text : null;
  const invalid = described.kind === "invalid" ? described.message : null;
  const refused = preview?.kind === "invalid" ? preview.message : null;
  return (
    <Dialog open onOpenChange={props.onClose}>
      <DialogContent>
        <DialogHeader>
          <DialogTitle>Add schedule</DialogTitle>
          <DialogDescription>Starts a run at these times.</DialogDescription>
        </DialogHeader>
        <form className="flex flex-col gap-4" onSubmit={submit}>
          <Presets onChoose={setCron} />
          <FormField
            label="Cron expression"
            hint={words}
            error={invalid ?? refused ?? failure}
          >
            {(control) => (
              <Input
                {...control}
                className="font-mono"
                value={cron}
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => setCron(event.target.value)}
              />
            )}
          </FormField>
          <FormField label="Time zone">
            {(control) => (
              <Select
                {...control}
                value={timeZone}
                onChange={(event) => setTimeZone(event.target.value)}
              >
                {timeZones().map((zone) => (
                  <option key={zone}>{zone}</option>
                ))}
              </Select>
            )}
          </FormField>
          <NextTimes
            times={preview?.kind === "ok" ? preview.times : []}
            timeZone={timeZone}
          />
          <DialogFooter>
            <DialogClose asChild>
              <Button>Cancel</Button>
            </DialogClose>
            <Button
              type="submit"
              variant="primary"
              disabled={preview?.kind !== "ok"}
            >
              Add schedule
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

function localTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function useSchedule(props: {
  workflowId: Id<"workflows">;
  onClose: () => void;
  cron: string;
  timeZone: string;
}) {
  const { workflowId, onClose, cron, timeZone } = props;
  const create = useMutation(api.triggers.createSchedule);
  const [failure, setFailure] = useState<string | null>(null);
  const described = scheduleText(cron);
  const asked = useDeferredValue(cron.trim());
  const preview = useQuery(
    api.triggers.previewSchedule,
    scheduleText(asked).kind === "ok" ? { cron: asked, timeZone } : "skip",
  );
  const save = async () => {
    try {
      await create({ workflowId, cron: cron.trim(), timeZone });
      toast.success("Schedule added");
      onClose();
    } catch (error) {
      setFailure(errorMessage(error, "Could not add the schedule. Try again."));
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (preview?.kind === "ok") void save();
  };
  return { failure, preview, described, submit };
}

function Presets({ onChoose }: { onChoose: (cron: string) => void }) {
  return (
    <div className="flex flex-wrap gap-2" role="group" aria-label="Presets">
      {PRESETS.map(({ label, cron }) => (
        <Button key={cron} size="sm" onClick={() => onChoose(cron)}>
          {label}
        </Button>
      ))}
    </div>
  );
}
