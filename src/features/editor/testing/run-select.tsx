"use client";

import { usePaginatedQuery } from "convex/react";
import { FormField } from "@/components/form-field";
import { Select } from "@/components/ui/select";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import { useWorkspace } from "@/features/shell/workspace";
import { formatDateTime } from "@/lib/format";
import { useWorkflow } from "../workflow-context";

const RECENT = 20;

export type ChosenRun = { runId: Id<"workflowRuns">; number: number };

/** One of the newest runs of the workflow, to take values from. */
export function RunSelect(props: {
  label: string;
  chosen: ChosenRun | null;
  onChoose: (run: ChosenRun | null) => void;
}) {
  const { workflow } = useWorkflow();
  const { organizationId } = useWorkspace();
  const { results } = usePaginatedQuery(
    api.workflowRuns.list,
    { organizationId, workflowId: workflow._id },
    { initialNumItems: RECENT },
  );
  const choose = (runId: string) => {
    const run = results.find(({ _id }) => _id === runId);
    props.onChoose(run ? { runId: run._id, number: run.number } : null);
  };
  const isListed = results.some(({ _id }) => _id === props.chosen?.runId);
  return (
    <FormField label={props.label}>
      {(control) => (
        <Select
          {...control}
          value={props.chosen?.runId ?? ""}
          onChange={({ target }) => choose(target.value)}
        >
          <option value="">No run</option>
          {props.chosen === null || isListed ? null : (
            <option value={props.chosen.runId}>
              Run #{props.chosen.number}
            </option>
          )}
          {results.map((run) => (
            <option key={run._id} value={run._id}>
              #{run.number} {run.state.kind}, {formatDateTime(run.createdAt)}
              {run.isTest ? ", test" : ""}
            </option>
          ))}
        </Select>
      )}
    </FormField>
  );
}
