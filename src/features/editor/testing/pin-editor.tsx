"use client";

import { useQuery } from "convex/react";
import { useId, useState } from "react";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { Textarea } from "@/components/ui/textarea";
import { api } from "@/convex/_generated/api";
import type { FunctionReturnType } from "convex/server";
import { useWorkflow } from "../workflow-context";
import { type PinDraft, type PinDrafts, withPin } from "./pin-drafts";
import { RunSelect, type ChosenRun } from "./run-select";

type PlannedStep = NonNullable<
  FunctionReturnType<typeof api.testRuns.plan>
>[number];

/** For each step of the draft: run it, or complete it with a value of an earlier run or a typed one. */
export function PinEditor(props: {
  pins: PinDrafts;
  onChange: (pins: PinDrafts) => void;
}) {
  const { workflow } = useWorkflow();
  const plan = useQuery(api.testRuns.plan, { workflowId: workflow._id });
  const [run, setRun] = useState<ChosenRun | null>(null);
  const count = Object.keys(props.pins).length;
  return (
    <details className="rounded-md border border-border">
      <summary className="cursor-pointer px-3 py-2 font-medium">
        Pinned outputs{" "}
        <span className="text-xs font-normal text-fg-muted">
          {count === 0 ? "none: every step runs" : `${count} pinned`}
        </span>
      </summary>
      <div className="flex flex-col gap-2 border-t border-border p-3">
        <RunSelect label="Values from" chosen={run} onChoose={setRun} />
        {plan === undefined ? <Skeleton className="h-20" /> : null}
        {plan === null ? (
          <p className="text-fg-muted">The draft does not compile.</p>
        ) : null}
        <ul className="flex flex-col gap-1">
          {plan
            ?.filter(({ pinnable }) => pinnable)
            .map((step) => (
              <PinRow
                key={step.pattern}
                step={step}
                run={run}
                pin={props.pins[step.pattern] ?? null}
                onChange={(pin) =>
                  props.onChange(withPin(props.pins, step.pattern, pin))
                }
              />
            ))}
        </ul>
      </div>
    </details>
  );
}

function PinRow(props: {
  step: PlannedStep;
  run: ChosenRun | null;
  pin: PinDraft | null;
  onChange: (pin: PinDraft | null) => void;
}) {
  const { step, run, pin } = props;
  const id = useId();
  const choose = (kind: string) => {
    if (kind === "json") props.onChange({ kind, json: "null" });
    else if (kind === "run" && run !== null)
      props.onChange({ kind, ...run, key: step.firstKey });
    else props.onChange(null);
  };
  return (
    <li style={{ paddingLeft: `${step.depth}rem` }}>
      <div className="flex items-center gap-2">
        <label htmlFor={id} className="min-w-0 flex-1 truncate">
          {step.label}{" "}
          <span className="text-xs text-fg-muted">
            {step.kind}
            {step.pattern.includes("[]") ? ", every iteration" : ""}
          </span>
        </label>
        <Select
          id={id}
          className="w-44"
          value={pin?.kind ?? ""}
          onChange={({ target }) => choose(target.value)}
        >
          <option value="">Runs</option>
          <option value="json">Pinned value…</option>
          {pin?.kind === "run" ? (
            <option value="run">Value of #{pin.number}</option>
          ) : run === null ? null : (
            <option value="run">Value of #{run.number}</option>
          )}
        </Select>
      </div>
      {pin?.kind === "json" ? (
        <Textarea
          aria-label={`Pinned output of ${step.label}, as JSON`}
          rows={3}
          spellCheck={false}
          className="mt-1 font-mono text-xs"
          value={pin.json}
          onChange={({ target }) =>
            props.onChange({ kind: "json", json: target.value })
          }
        />
      ) : null}
    </li>
  );
}
