"use client";

import { useMutation, useQuery } from "convex/react";
import { parseAsString, useQueryStates } from "nuqs";
import { useState, type FormEvent } from "react";
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
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { Textarea } from "@/components/ui/textarea";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import { definitionPath } from "@/convex/language/graph";
import { useWorkflow } from "../workflow-context";
import { type ChosenRun, RunSelect } from "./run-select";
import { type ScopeTexts, scopeTexts } from "./scope-texts";
import { useStartTest } from "./use-start-test";

/** Runs one step alone, with values that are typed or taken from an earlier run. */
export function StepTestDialog({ onClose }: { onClose: () => void }) {
  const { workflow } = useWorkflow();
  const plan = useQuery(api.testRuns.plan, { workflowId: workflow._id });
  const [asked, setAsked] = useQueryStates({
    test: parseAsString,
    from: parseAsString,
  });
  const close = () => {
    void setAsked({ test: null, from: null });
    onClose();
  };
  const steps = plan?.filter(({ testable }) => testable) ?? [];
  const [chosen, setChosen] = useState(
    asked.test === null ? null : definitionPath(asked.test),
  );
  const path = chosen ?? steps[0]?.path ?? null;
  const step = steps.find((one) => one.path === path);
  const [run, setRun] = useState<ChosenRun | null>(
    // Parse boundary: the backend validates it.
    asked.from === null
      ? null
      : { runId: asked.from as Id<"workflowRuns">, number: 0 },
  );
  const key = keyToAsk(asked.test, step);
  const scope = useQuery(
    api.testRuns.stepScope,
    run !== null && key !== null ? { runId: run.runId, key } : "skip",
  );
  const isLoading = plan === undefined || (run !== null && scope === undefined);
  return (
    <Dialog open onOpenChange={close}>
      <DialogContent>
        <DialogHeader>
          <DialogTitle>Test one step alone</DialogTitle>
          <DialogDescription>
            Runs this step of the draft and nothing else. What it does really
            happens.
          </DialogDescription>
        </DialogHeader>
        <FormField label="Step">
          {(control) => (
            <Select
              {...control}
              value={path ?? ""}
              onChange={({ target }) => setChosen(target.value)}
            >
              {steps.map((one) => (
                <option key={one.path} value={one.path}>
                  {one.path.replaceAll("/", " › ")} ({one.kind})
                </option>
              ))}
            </Select>
          )}
        </FormField>
        <RunSelect label="Use values of" chosen={run} onChoose={setRun} />
        {plan === null ? (
          <p role="alert" className="text-failed-text">
            The draft does not compile.
          </p>
        ) : null}
        {isLoading ? <Skeleton className="h-40" /> : null}
        {!isLoading && step !== undefined ? (
          <ScopeForm
            key={`${step.path} ${run?.runId}`}
            path={step.path}
            inLoop={step.pattern.includes("[]")}
            texts={scopeTexts(scope ?? null, workflow.sampleInput)}
            omitted={scope?.omitted ?? []}
            onClose={close}
          />
        ) : null}
      </DialogContent>
    </Dialog>
  );
}

/** The very execution that was asked for, as long as its step is chosen. */
function keyToAsk(
  asked: string | null,
  step: { path: string; firstKey: string } | undefined,
): string | null {
  if (step === undefined) return null;
  return asked !== null && definitionPath(asked) === step.path
    ? asked
    : step.firstKey;
}

function ScopeForm(props: {
  path: string;
  inLoop: boolean;
  texts: ScopeTexts;
  omitted: readonly string[];
  onClose: () => void;
}) {
  const { workflow } = useWorkflow();
  const [texts, setTexts] = useState(props.texts);
  const start = useMutation(api.testRuns.startStep);
  const { failure, isBusy, run } = useStartTest(props.onClose);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { path } = props;
    run(() => start({ workflowId: workflow._id, path, ...texts }));
  };
  const fields = [
    { name: "input", label: "Input" },
    { name: "steps", label: "Outputs of earlier steps, by name" },
    ...(props.inLoop
      ? [
          {
            name: "items",
            label: "Items of the loops around it, by name",
          } as const,
        ]
      : []),
  ] as const;
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      {fields.map(({ name, label }) => (
        <FormField key={name} label={`${label}, as JSON`}>
          {(control) => (
            <Textarea
              {...control}
              rows={4}
              spellCheck={false}
              className="font-mono text-xs"
              value={texts[name]}
              onChange={({ target }) =>
                setTexts((was) => ({ ...was, [name]: target.value }))
              }
            />
          )}
        </FormField>
      ))}
      {props.omitted.length > 0 ? (
        <p className="text-fg-muted">
          Too large to edit, so left out: {props.omitted.join(", ")}.
        </p>
      ) : null}
      <p role="alert" className="text-failed-text empty:hidden">
        {failure}
      </p>
      <DialogFooter>
        <DialogClose asChild>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" variant="primary" disabled={isBusy}>
          {isBusy ? "Starting…" : "Test step"}
        </Button>
      </DialogFooter>
    </form>
  );
}
