"use client";

import { X } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/select";
import type { WorkflowSummary } from "@/convex/validators/workflows";
import { RUN_STATUS_LABEL, RUN_STATUSES } from "@/lib/run-status";
import type { RunFilters } from "./use-run-filters";

export function RunsToolbar({
  filters: { filters, setFilters, clear },
  workflows,
}: {
  filters: RunFilters;
  workflows: readonly WorkflowSummary[];
}) {
  const filtered = Object.values(filters).some((filter) => filter !== null);
  return (
    <div className="flex flex-wrap items-center gap-2 border-b border-border px-4 py-2 sm:px-6">
      <Select
        aria-label="Status"
        className="w-40 max-sm:w-full max-sm:flex-1"
        value={filters.status ?? ""}
        onChange={(event) => {
          const chosen = RUN_STATUSES.find((s) => s === event.target.value);
          void setFilters({ status: chosen ?? null });
        }}
      >
        <option value="">Any status</option>
        {RUN_STATUSES.map((status) => (
          <option key={status} value={status}>
            {RUN_STATUS_LABEL[status]}
          </option>
        ))}
      </Select>
      <Select
        aria-label="Workflow"
        className="w-56 max-sm:w-full max-sm:flex-1"
        value={filters.wf ?? ""}
        onChange={(event) =>
          void setFilters({ wf: event.target.value || null })
        }
      >
        <option value="">Any workflow</option>
        {workflows.map((workflow) => (
          <option key={workflow._id} value={workflow.slug}>
            {workflow.name}
          </option>
        ))}
      </Select>
      <Select
        aria-label="Test runs"
        className="w-40 max-sm:w-full max-sm:flex-1"
        value={filters.tests ?? ""}
        onChange={({ target: { value } }) =>
          void setFilters({
            tests: value === "none" || value === "only" ? value : null,
          })
        }
      >
        <option value="">With test runs</option>
        <option value="none">Without test runs</option>
        <option value="only">Only test runs</option>
      </Select>
      {filtered ? (
        <Button variant="ghost" onClick={clear}>
          <X aria-hidden />
          Clear
        </Button>
      ) : null}
    </div>
  );
}
