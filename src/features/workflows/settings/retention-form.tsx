"use client";

import { useMutation } from "convex/react";
import { useState, type FormEvent } from "react";
import { toast } from "sonner";
import { FormField } from "@/components/form-field";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { api } from "@/convex/_generated/api";
import type { WorkflowDetails } from "@/features/editor/workflow-context";
import { errorMessage } from "@/lib/errors";
import { canEdit } from "@/lib/roles";
import {
  isSameRetention,
  isShorter,
  MAX_DAYS,
  OFFERED_DAYS,
  parseDays,
  retentionText,
  type Retention,
} from "./retention-text";

/** How long runs are kept after their end. */
export function RetentionForm({ workflow }: { workflow: WorkflowDetails }) {
  const { retention } = workflow;
  const mayEdit = canEdit(workflow.role);
  const [choice, setChoice] = useState(() => choiceOf(retention));
  const [text, setText] = useState(() => daysText(retention));
  const { save, error, setError } = useSave(workflow);
  const next = chosen(choice, text);
  const isChanged = next !== null && !isSameRetention(next, retention);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (next === null)
      setError(`Enter a whole number of days, 1 to ${MAX_DAYS}.`);
    else void save(next);
  };
  return (
    <form
      onSubmit={submit}
      className="flex flex-col gap-3 rounded-lg border border-border p-4"
    >
      <FormField
        label="How long runs are kept"
        hint={next === null ? null : retentionText(next)}
        error={error}
      >
        {(control) => (
          <div className="flex max-w-sm gap-2">
            <Select
              {...control}
              value={choice}
              disabled={!mayEdit}
              onChange={(event) => setChoice(event.target.value)}
            >
              {OFFERED_DAYS.map((count) => (
                <option key={count} value={count}>
                  {count === 1 ? "1 day" : `${count} days`}
                </option>
              ))}
              <option value="other">Another number of days</option>
              <option value="forever">For ever</option>
            </Select>
            {choice === "other" ? (
              <Input
                aria-label="Days"
                inputMode="numeric"
                className="w-24"
                value={text}
                disabled={!mayEdit}
                onChange={(event) => setText(event.target.value)}
              />
            ) : null}
          </div>
        )}
      </FormField>
      {isChanged && isShorter(next, retention) ? (
        <p className="rounded-md bg-retrying-tint px-3 py-2 text-retrying-text">
          Runs that are older are deleted within the hour.
        </p>
      ) : null}
      {mayEdit ? (
        <div>
          <Button
            type="submit"
            variant="primary"
            disabled={!isChanged && next !== null}
          >
            Save
          </Button>
        </div>
      ) : null}
    </form>
  );
}

function useSave({ _id: workflowId }: WorkflowDetails) {
  const update = useMutation(api.workflows.updateRetention);
  const [error, setError] = useState<string | null>(null);
  const save = async (retention: Retention) => {
    try {
      await update({ workflowId, retention });
      setError(null);
      toast.success("Saved how long runs are kept");
    } catch (failure) {
      setError(errorMessage(failure, "Could not save it. Try again."));
    }
  };
  return { save, error, setError };
}

function choiceOf(retention: Retention): string {
  if (retention.kind === "forever") return "forever";
  const isOffered = OFFERED_DAYS.includes(retention.days);
  return isOffered ? String(retention.days) : "other";
}

function daysText(retention: Retention): string {
  return retention.kind === "forever" ? "" : String(retention.days);
}

function chosen(choice: string, text: string): Retention | null {
  if (choice === "forever") return { kind: "forever" };
  const days = parseDays(choice === "other" ? text : choice);
  return days === null ? null : { kind: "days", days };
}
