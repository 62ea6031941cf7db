"use client";

import { useMutation, useQuery } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import { useState } from "react";
import { Countdown } from "@/components/display/countdown";
import { FormField } from "@/components/form-field";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { Textarea } from "@/components/ui/textarea";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import { errorMessage } from "@/lib/errors";
import { formatDateTime } from "@/lib/format";
import { type ApprovalField, fieldsOf, valuesOf } from "./approval-fields";

type Approval = NonNullable<FunctionReturnType<typeof api.approvals.getByStep>>;

/** What a step asks people, who has voted, and the decision of who may decide. */
export function ApprovalPanel(props: {
  runId: Id<"workflowRuns">;
  stepKey: string;
  /** After a decision of this person that was accepted. */
  onDecided?: (approved: boolean) => void;
}) {
  const { runId, stepKey } = props;
  const approval = useQuery(api.approvals.getByStep, { runId, stepKey });
  if (approval === undefined || approval === null) return null;
  return (
    <section
      aria-label="Approval"
      className="mb-2 flex flex-col gap-2 rounded-md border border-border p-3"
    >
      <h3 className="font-semibold">{approval.title}</h3>
      {approval.details === null ? null : (
        <pre className="max-h-48 overflow-auto text-xs whitespace-pre-wrap">
          {detailsText(approval.details)}
        </pre>
      )}
      <Votes approval={approval} />
      {approval.outcome === null ? (
        <Decision approval={approval} onDecided={props.onDecided} />
      ) : null}
    </section>
  );
}

function detailsText(details: string): string {
  const value: unknown = JSON.parse(details);
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

const OUTCOME = {
  approved: "Approved.",
  rejected: "Rejected.",
  timeout: "Nobody decided in time.",
  cancelled: "Withdrawn: the run no longer asks this.",
} as const;

function Votes({ approval }: { approval: Approval }) {
  const { votes, quorum, outcome, until } = approval;
  const given = votes.filter(({ approved }) => approved).length;
  return (
    <>
      <p className="text-fg-muted">
        {outcome === null ? `${given} of ${quorum} approved` : OUTCOME[outcome]}
        {outcome === null && until !== null ? (
          <>
            , until {formatDateTime(until)} (
            <Countdown until={until} form="left" />)
          </>
        ) : null}
      </p>
      {votes.map(({ by, approved, note, at }) => (
        <p key={at}>
          <b>{by}</b> {approved ? "approved" : "rejected"}, {formatDateTime(at)}
          {note === "" ? null : `: ${note}`}
        </p>
      ))}
    </>
  );
}

function Decision(props: {
  approval: Approval;
  onDecided: ((approved: boolean) => void) | undefined;
}) {
  const { approval, onDecided } = props;
  const decide = useMutation(api.approvals.decide);
  const [note, setNote] = useState("");
  const [typed, setTyped] = useState<ReadonlyMap<string, string>>(new Map());
  const [error, setError] = useState<string | null>(null);
  const [sending, setSending] = useState(false);
  if (approval.refusal !== null)
    return <p className="text-fg-muted">{approval.refusal}</p>;
  const fields = fieldsOf(approval.formSchema);
  const send = async (approved: boolean) => {
    setSending(true);
    setError(null);
    try {
      const values = approved ? { values: valuesOf(fields, typed) } : {};
      const vote = { approvalId: approval._id, approved, note };
      await decide({ ...vote, ...values });
      onDecided?.(approved);
    } catch (failure) {
      setError(errorMessage(failure, "That did not work. Try again."));
    } finally {
      setSending(false);
    }
  };
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        void send(true);
      }}
    >
      {fields.map((field) => (
        <ApprovalInput
          key={field.name}
          field={field}
          value={typed.get(field.name) ?? field.initial}
          onChange={(value) => setTyped(new Map(typed).set(field.name, value))}
        />
      ))}
      <FormField label="Note">
        {(control) => (
          <Textarea
            {...control}
            value={note}
            data-approval-note=""
            maxLength={2_000}
            onChange={(event) => setNote(event.target.value)}
          />
        )}
      </FormField>
      {error === null ? null : (
        <p role="alert" className="text-failed-text">
          {error}
        </p>
      )}
      <div className="flex gap-2">
        <Button type="submit" variant="primary" size="sm" disabled={sending}>
          {sending ? "Sending…" : "Approve"}
        </Button>
        <Button
          type="button"
          size="sm"
          disabled={sending}
          onClick={() => void send(false)}
        >
          Reject
        </Button>
      </div>
    </form>
  );
}

function ApprovalInput(props: {
  field: ApprovalField;
  value: string;
  onChange: (value: string) => void;
}) {
  const { field, value, onChange } = props;
  return (
    <FormField label={field.label}>
      {(control) => {
        switch (field.type) {
          case "boolean":
            return (
              <input
                {...control}
                type="checkbox"
                className="size-4 self-start"
                checked={value === "true"}
                onChange={(event) => onChange(String(event.target.checked))}
              />
            );
          case "choice":
            return (
              <select
                {...control}
                className="rounded-md border border-border bg-transparent p-1"
                value={value}
                required={field.isRequired}
                onChange={(event) => onChange(event.target.value)}
              >
                {["", ...field.choices].map((choice) => (
                  <option key={choice} value={choice}>
                    {choice}
                  </option>
                ))}
              </select>
            );
          case "json":
            return (
              <Textarea
                {...control}
                className="font-mono"
                value={value}
                required={field.isRequired}
                onChange={(event) => onChange(event.target.value)}
              />
            );
          case "text":
          case "number":
            return (
              <Input
                {...control}
                type={field.type}
                step="any"
                value={value}
                required={field.isRequired}
                onChange={(event) => onChange(event.target.value)}
              />
            );
        }
      }}
    </FormField>
  );
}
